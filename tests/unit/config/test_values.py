"""Values of several options: integers, switches, enumerations and paths."""

from pathlib import Path
from typing import Any

import pytest

from pytest_glue.config.options import OPTIONS
from pytest_glue.config.parse_context import ParseContext
from pytest_glue.config.values import at_least, integer, lines, member, number, path, switch, texts
from pytest_glue.core.choices import (
    Batching,
    CachePolicy,
    ExecutorKind,
    HeadPolicy,
    InconclusivePolicy,
    UncheckedPolicy,
)
from pytest_glue.core.errors import OptionError

BASE = ParseContext(Path("/base"))


@pytest.mark.parametrize("value", ["16", 16, " 16 "])
def test_an_integer(value: object) -> None:
    """A text may stand for an integer."""
    assert 16 == integer(value) == at_least(16)(value, BASE)


@pytest.mark.parametrize("low", [1, 2, 4])
@pytest.mark.parametrize("value", ["0", "-5", "1e3", "some", "many", 0, -2, 2.5, 10.5, True, None], ids=repr)
def test_an_integer_that_is_not_accepted(low: int, value: object) -> None:
    with pytest.raises(OptionError) as caught:
        at_least(low)(value, BASE)
    assert f"{value!r}: expected an integer of at least {low}" == str(caught.value)


@pytest.mark.parametrize(
    ("name", "low"),
    [("max_train_samples", 1), ("max_eval_samples", 1), ("max_length", 4), ("max_seeds", 2), ("trials", 1)],
)
def test_the_lowest_integer_of_an_option(name: str, low: int) -> None:
    """Four tokens hold a pair with its special tokens; a limit of fewer than two seeds adds none."""
    parse = OPTIONS[name].parse
    assert low == parse(str(low), BASE)
    with pytest.raises(OptionError, match=f"expected an integer of at least {low}"):
        parse(str(low - 1), BASE)


@pytest.mark.parametrize(("value", "expected"), [("0.1", 0.1), (" 2 ", 2.0), (3, 3.0), ("-0", 0.0)])
def test_a_number(value: object, expected: float) -> None:
    """There is no negative zero."""
    assert (expected, "-" in str(expected)) == (number(value), "-" in str(number(value)))


@pytest.mark.parametrize("value", ["", "five", "nan", True, None, [0.1]], ids=repr)
def test_what_is_not_a_number_is_nan(value: object) -> None:
    assert number(value) != number(value)


def test_texts_are_distinct_and_stripped() -> None:
    assert ["a", "b"] == texts(" a,b,,a ") == texts(["a ", "b", "", "a"])


@pytest.mark.parametrize("value", [3, None, [1], {"a": 1}], ids=repr)
def test_texts_and_lines_that_are_not_accepted(value: object) -> None:
    with pytest.raises(OptionError) as caught:
        texts(value)
    assert f"{value!r}: expected a text or a list of texts" == str(caught.value)
    with pytest.raises(OptionError) as caught:
        lines(value)
    assert f"{value!r}: expected a table, a text or a list of texts" == str(caught.value)


@pytest.mark.parametrize(("value", "expected"), [("on", True), ("off", False), (True, True), (False, False)])
def test_a_switch_is_on_or_off(value: Any, *, expected: bool) -> None:
    """A table may also use its own words."""
    assert expected is switch(value, BASE)


@pytest.mark.parametrize("value", ["yes", "", 1, None, ["on"]], ids=repr)
def test_a_switch_that_is_not_accepted(value: Any) -> None:
    with pytest.raises(OptionError) as caught:
        switch(value, BASE)
    assert f"{value!r}: expected on or off (in a table or a marker also true or false)" == str(caught.value)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("head", HeadPolicy),
        ("batching", Batching),
        ("inconclusive", InconclusivePolicy),
        ("unchecked", UncheckedPolicy),
        ("cache", CachePolicy),
        ("executor", ExecutorKind),
    ],
)
def test_enumerations_are_read_by_value(name: str, kind: Any) -> None:
    """The placeholder of the flag shows the values."""
    assert "|".join(kind) == OPTIONS[name].metavar
    assert list(kind) == [OPTIONS[name].parse(str(each), BASE) for each in kind]


@pytest.mark.parametrize("value", ["skip", "", None, ["pass"]], ids=repr)
def test_a_value_outside_an_enumeration_is_not_accepted(value: object) -> None:
    with pytest.raises(OptionError) as caught:
        member(InconclusivePolicy, value)
    assert f"{value!r}: expected pass or fail" == str(caught.value)


def test_a_path_is_relative_to_its_source() -> None:
    assert (BASE.base / "out.json", Path("/x")) == (path("out.json", BASE), path("/x", BASE))


def test_a_path_in_the_home_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """`~` is the user's home, whatever the base."""
    monkeypatch.setenv("HOME", str(tmp_path))
    assert tmp_path / "out.json" == path("~/out.json", BASE)


@pytest.mark.parametrize("value", ["", "  ", 3, None], ids=repr)
def test_a_path_that_is_not_accepted(value: object) -> None:
    with pytest.raises(OptionError) as caught:
        path(value, BASE)
    assert f"{value!r}: expected a path" == str(caught.value)
