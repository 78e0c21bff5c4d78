"""Reports of parts, merged into the report that one test run would have left."""

import importlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pytest_glue.cli import main
from pytest_glue.config.sources import OptionSource, combine
from pytest_glue.core.errors import ReportError
from pytest_glue.core.evaluation import Evaluation
from pytest_glue.core.family import Family
from pytest_glue.core.study import Study
from pytest_glue.core.verdict import Verdict
from pytest_glue.reports.json import SCHEMA, document, write
from pytest_glue.reports.merge import evaluations, merge, read

jsonschema = importlib.import_module("jsonschema")  # ships no types

Like = Callable[..., Evaluation]
Part = Callable[..., dict[str, Any]]

NODEIDS = ("s.py::test[a]", "s.py::test[b]", "s.py::test[c]")


@pytest.fixture
def found(like: Like, study: Study) -> list[Evaluation]:
    """Evaluations of three items, the last of which is green."""
    return [
        like(nodeid=NODEIDS[0], task="cola", device="cuda:0"),
        like(nodeid=NODEIDS[1], task="mrpc", verdict=Verdict.INCONCLUSIVE, reason="not clear", search=study),
        like(nodeid=NODEIDS[2], failed=False, verdict=Verdict.PASS),
    ]


@pytest.fixture
def part(found: list[Evaluation], tmp_path: Path) -> Part:
    """Make the report of a part with the items at some places, as it is read from a file."""

    def make(shard: str | None, *places: int, errors: dict[str, str] | None = None, **options: Any) -> dict[str, Any]:
        given = {"data": "sample", "cache_dir": shard or "runs", **({"shard": shard} if shard else {}), **options}
        family = Family.of_shards(4, [["a"], ["b"]]) if shard else Family(4)
        asked = combine([OptionSource("{name}", given, tmp_path)])
        report = document(asked, [found[place] for place in places], errors or {}, tmp_path, family)
        plain: dict[str, Any] = json.loads(json.dumps(report))
        return plain

    return make


def refused(**reports: dict[str, Any]) -> str:
    """Return why reports are not merged."""
    with pytest.raises(ReportError) as caught:
        merge({f"{name}.json": report for name, report in reports.items()})
    return str(caught.value)


def test_it_is_the_report_of_one_run(part: Part) -> None:
    """Results and errors of the parts, in whatever order they come, make the report of a run that had them all."""
    errors = {"s.py::test[d]": "out of memory"}
    whole = part(None, 0, 1, 2, errors=errors)

    merged = merge({"b.json": part("2/2", 1, errors=errors), "a.json": part("1/2", 2, 0)})

    jsonschema.validate(merged, json.loads(SCHEMA.read_text("utf-8")), jsonschema.Draft202012Validator)
    del whole["options"]["cache_dir"], merged["options"]["cache_dir"]
    assert whole == merged


def test_empty_parts_are_parts(part: Part) -> None:
    """A part without any item is as good as another."""
    assert NODEIDS == tuple(each["nodeid"] for each in merge({"a": part("1/2"), "b": part("2/2", 1, 0, 2)})["results"])


def test_results_are_evaluations_again(part: Part, found: list[Evaluation]) -> None:
    """What a table shows of an evaluation can be read from a report, its search included."""
    read_again = evaluations(part(None, 0, 1, 2))
    assert [(each.nodeid, each.search, each.verdict, each.reason) for each in found] == [
        (each.nodeid, each.search, each.verdict, each.reason) for each in read_again
    ]


def test_missing_parts_are_named(part: Part) -> None:
    """A part that nobody ran, or whose report was lost, is said with the flag that runs it."""
    assert "2 of 4 parts are missing: 2/4, 4/4; run them with --glue-shard=2/4 and --glue-shard=4/4" == refused(
        a=part("1/4", 0), b=part("3/4", 1)
    )


def test_a_part_that_is_there_twice(part: Part) -> None:
    """Two reports of one part are named."""
    assert "part 1/2 is there more than once: a.json and c.json; leave out all but one" == refused(
        a=part("1/2", 0), b=part("2/2", 1), c=part("1/2", 0)
    )


def test_parts_of_other_divisions(part: Part) -> None:
    """A half and a third do not make a whole."""
    assert "these are not parts of one test run: a.json is part 1 of 2, b.json is part 2 of 3" == refused(
        a=part("1/2"), b=part("2/3")
    )


def test_a_whole_report_is_no_part(part: Part) -> None:
    """The report of a run of all items is merged with nothing."""
    assert "a.json is the report of a whole test run, with no --glue-shard: there is nothing to merge" == refused(
        a=part(None, 0)
    )


def test_a_run_that_did_not_end(part: Part) -> None:
    """Where no worker said how many items there are, the run was broken off."""
    broken = part("1/2", 0) | {"family": None}
    assert "a.json is the report of a test run that did not come to its end: run that part again" == refused(
        a=broken, b=part("2/2")
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"alpha": 0.1}, "their options differ: alpha is 0.05 in a.json and 0.1 in b.json"),
        ({"recipe": {"num_train_epochs": 1}}, 'recipe is {} in a.json and {"num_train_epochs": 1} in b.json'),
        ({"threshold": {"rte": 0.5}}, 'threshold is {} in a.json and {"rte:accuracy": 0.5} in b.json'),
    ],
)
def test_other_options_are_another_run(part: Part, options: dict[str, Any], message: str) -> None:
    """What was asked for must be the same in all parts."""
    assert message in refused(a=part("1/2", 0), b=part("2/2", 1, **options))


@pytest.mark.parametrize(
    "options", [{"storage": "there"}, {"cache": "refresh"}, {"resume": True}, {"search_storage": "there"}]
)
def test_places_may_differ(part: Part, options: dict[str, Any]) -> None:
    """Where a machine keeps things, and what it does again, is its own affair."""
    assert 2 == len(merge({"a": part("1/2", 0), "b": part("2/2", 1, **options)})["results"])


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("environment", "commit"), "abc", 'their environments differ: commit is null in a.json and "abc" in b.json'),
        (("environment", "libraries"), {"torch": "1"}, "their environments differ: libraries is "),
        (("family", "size"), 3, "their items differ: size is 4 in a.json and 3 in b.json"),
        (("family", "partition"), "sha256:1", 'their items differ: partition is "sha256:'),
    ],
)
def test_another_commit_or_collection_is_another_run(
    part: Part, path: tuple[str, str], value: object, message: str
) -> None:
    """Parts of another commit, of other versions, or of items that were shared out in another way, are refused."""
    other = part("2/2", 1)
    other[path[0]][path[1]] = value
    assert message in refused(a=part("1/2", 0), b=other)


def test_an_item_in_two_parts(part: Part) -> None:
    """An item has one result."""
    message = "s.py::test[a] is in more than one part: these are not parts of one test run"
    assert message == refused(a=part("1/2", 0), b=part("2/2", 0))
    assert message == refused(a=part("1/2", 0), b=part("2/2", errors={NODEIDS[0]: "out of memory"}))


def test_machines_are_all_named(part: Part) -> None:
    """Interpreters, platforms and devices of all parts stand in the report."""
    first, second = part("1/2", 0), part("2/2", 2)
    second["environment"] |= {"python": "3.0", "platform": "BeOS"}
    environment = merge({"a": first, "b": second})["environment"]
    assert ("cpu, cuda:0", True, True) == (
        environment["device"],
        environment["python"].startswith("3.0, 3."),
        environment["platform"].startswith("BeOS, "),
    )
    assert None is merge({"a": part("1/2"), "b": part("2/2")})["environment"]["device"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "the report {file} cannot be read: No such file or directory"),
        ("{", "{file} is no JSON report: Expecting property name"),
        ("[]", "{file} has no schema version, and this is version 1: write it with this pytest-glue"),
        ('{"schema_version": 2}', "{file} has the schema version 2, and this is version 1: write it with"),
        ('{"schema_version": 1, "environment": {}, "options": {}}', "{file} is no whole report: it has no family; "),
    ],
)
def test_what_is_no_report(tmp_path: Path, content: str | None, message: str) -> None:
    """A file that is missing, damaged or of another version is named with what is wrong with it."""
    file = tmp_path / "a.json"
    if content is not None:
        file.write_text(content)
    with pytest.raises(ReportError) as caught:
        read(file)
    assert str(caught.value).startswith(message.format(file=file))


def test_the_command(part: Part, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The table of a test run is shown, with notes, open verdicts and errors; a red item is exit code 1."""
    write(tmp_path / "a.json", part("1/2", 0, 2))
    write(tmp_path / "b.json", part("2/2", 1, errors={"s.py::test[d]": "out of memory"}))
    files = [str(tmp_path / name) for name in ("b.json", "a.json")]

    assert 1 == main(["merge", *files, "-o", str(tmp_path / "new" / "all.json")])

    lines = capsys.readouterr().out.splitlines()
    assert ["task", "cola", "mrpc", "rte"] == [line.split()[0] for line in lines[:4]]
    assert "all: slow tokenizer" in lines
    assert ["not clear", "s.py::test[d]: out of memory", f"JSON report: {tmp_path / 'new' / 'all.json'}"] == lines[-3:]
    assert NODEIDS == tuple(each["nodeid"] for each in read(tmp_path / "new" / "all.json")["results"])


@pytest.mark.parametrize(("errors", "code"), [({}, 0), ({"s.py::test[d]": "out of memory"}, 1)])
def test_green_reports(part: Part, tmp_path: Path, errors: dict[str, str], code: int) -> None:
    """Where no item is red the exit code is 0; an item that ended in an error is red."""
    write(tmp_path / "a.json", part("1/1", 2, errors=errors))
    assert code == main(["merge", str(tmp_path / "a.json"), "-o", str(tmp_path / "all.json")])


def test_several_checkpoints_are_not_ranked(
    part: Part, found: list[Evaluation], tmp_path: Path, capsys: pytest.CaptureFixture[str], like: Like
) -> None:
    """Two checkpoints of one task are listed and not compared, and that is said."""
    found[0] = like(nodeid=NODEIDS[0])
    write(tmp_path / "a.json", part("1/1", 0, 2))
    main(["merge", str(tmp_path / "a.json"), "-o", str(tmp_path / "all.json")])
    assert "checkpoints are not ranked: that takes predictions, which reports do not hold" in capsys.readouterr().out


def test_what_cannot_be_merged_leaves_nothing(part: Part, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A refused merge says why, writes no file, and has an exit code of its own."""
    write(tmp_path / "a.json", part("1/2", 0))
    assert 2 == main(["merge", str(tmp_path / "a.json"), "-o", str(tmp_path / "all.json")])
    assert "1 of 2 parts are missing: 2/2; run them with --glue-shard=2/2\n" == capsys.readouterr().err
    assert not (tmp_path / "all.json").exists()
