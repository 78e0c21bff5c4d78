"""Cache entries: encoding, decoding and the errors of damaged bytes."""

import hashlib
import zlib
from collections.abc import Callable
from dataclasses import replace

import pytest

from pytest_glue.cache.entry import Entry, EntryError, _out_of_range
from pytest_glue.core.serialization import to_plain
from tests.factories import make_entry

EntryOf = Callable[..., Entry]


def test_round_trip() -> None:
    """Run, conditions and key survive exactly, undefined scores and infinite predictions included."""
    entry = replace(make_entry(), trained_with="mnli", test_run="1f")
    again = Entry.from_bytes(entry.to_bytes())
    assert (entry.run, entry.conditions) == (again.run, again.conditions)
    assert ("mnli", "1f") == (again.trained_with, again.test_run)
    assert entry.key.name == again.key.name


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda _: b"", "is damaged: it does not begin like a cache entry"),
        (lambda _: b'{"task": "rte"}', "is damaged: it does not begin like a cache entry"),
        (lambda content: content[:-1], "is damaged: its contents do not match its digest"),
        (lambda content: content + b" ", "is damaged: its contents do not match its digest"),
        (
            lambda content: content.replace(b"run 1 ", b"run 2 ", 1),
            "was written by another version of pytest-glue (format 2, this one reads 1)",
        ),
    ],
    ids=["empty", "foreign", "cut", "longer", "newer"],
)
def test_other_bytes(damage: Callable[[bytes], bytes], message: str) -> None:
    """A file that was truncated, edited or written by a newer version or another program is refused."""
    with pytest.raises(EntryError) as caught:
        Entry.from_bytes(damage(make_entry().to_bytes()))
    assert message == str(caught.value)


def test_one_changed_bit() -> None:
    """A change of any byte after the first line is detected."""
    content = make_entry().to_bytes()
    for index in range(content.index(b"\n") + 1, len(content)):
        with pytest.raises(EntryError):
            Entry.from_bytes(content[:index] + bytes([content[index] ^ 1]) + content[index + 1 :])


def test_parts_that_do_not_match() -> None:
    """Too few predictions, or another seed than the key's, are damage even if the digest is right."""
    entry = make_entry()
    short = replace(entry.run, predictions=entry.run.predictions[1:])
    for run in (short, replace(entry.run, seed=7)):
        with pytest.raises(EntryError, match=r"^is damaged: its parts do not match$"):
            Entry.from_bytes(replace(entry, run=run).to_bytes())


def test_incomplete_content() -> None:
    """Incomplete JSON is damage even if the digest is right."""
    payload = zlib.compress(b'{"key": {}}')
    content = f"pytest-glue run 1 {hashlib.sha256(payload).hexdigest()}\n".encode() + payload
    with pytest.raises(EntryError, match=r"^is damaged: Object missing required field `task` - at `\$.key`$"):
        Entry.from_bytes(content)


def test_groups_are_kept() -> None:
    """The groups of evaluation examples survive; their number has to fit."""
    entry = make_entry()
    grouped = replace(entry, conditions=replace(entry.conditions, groups=(0, 1, 0)))
    assert (0, 1, 0) == Entry.from_bytes(grouped.to_bytes()).conditions.groups
    wrong = replace(entry, conditions=replace(entry.conditions, groups=(0, 1)))
    with pytest.raises(EntryError, match="its parts do not match"):
        Entry.from_bytes(wrong.to_bytes())


def test_an_entry_of_an_earlier_version(monkeypatch: pytest.MonkeyPatch) -> None:
    """An entry without groups and without predictions of unlabelled texts, whose task knows neither, is read."""
    entry = make_entry()

    def as_earlier(value: Entry) -> dict[str, object]:
        plain = to_plain(value)
        del plain["conditions"]["groups"], plain["conditions"]["unlabelled_digest"]
        del plain["key"]["task"]["group_column"], plain["key"]["task"]["unlabelled_split"]
        del plain["run"]["unlabelled_predictions"], plain["unlabelled"]
        del plain["run"]["golden_predictions"], plain["golden"]
        return dict(plain)

    monkeypatch.setattr("pytest_glue.cache.entry.to_plain", as_earlier)
    content = entry.to_bytes()
    monkeypatch.undo()
    assert (entry.run, None) == (Entry.from_bytes(content).run, Entry.from_bytes(content).conditions.groups)


def test_a_score_has_the_range_of_its_metric() -> None:
    """An error can be larger than 1, and not negative."""
    assert [] == list(_out_of_range({"mse": 7.5, "pearson": -0.2, "mine": 99.0, "accuracy": None}))
    assert ["it has the mse -0.5", "it has the pearson 7.5"] == list(_out_of_range({"mse": -0.5, "pearson": 7.5}))
