"""Slices of a table: accepted forms, and messages about others."""

from pathlib import Path
from typing import Any

import pytest

from pytest_glue.config.options import OPTIONS, Options
from pytest_glue.config.parse_context import ParseContext
from pytest_glue.config.slices import parse_slices, text_of
from pytest_glue.core.errors import OptionError
from pytest_glue.core.slices import Slice, join_target, split_target


def test_columns_and_named_slices() -> None:
    """Values are texts, whatever their type; a range has one bound or two."""
    found = parse_slices(
        [
            "language",
            {"name": "urgent", "column": "priority", "values": ["high", 1, True, 2.5, 3.0]},
            {"name": "long", "column": "n_words", "min": 30},
            {"name": "medium", "column": "n_words", "min": 10, "max": 29.5},
            Slice("genre"),
        ]
    )
    assert found == (
        Slice("language"),
        Slice("priority", "urgent", ("high", "1", "true", "2.5", "3")),
        Slice("n_words", "long", minimum=30),
        Slice("n_words", "medium", minimum=10, maximum=29.5),
        Slice("genre"),
    )


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("language", "slices = 'language': expected a list; each of its items is a column, as in *"),
        ([""], "a slice '': expected a text that is not empty"),
        ([3], "slice 3: expected a column, as in *, or a table, *"),
        ([{"name": "a", "colum": "b"}], "a slice has no key 'colum': did you mean column?"),
        ([{"column": "b", "values": ["x"]}], "slice {'column': 'b', 'values': *} has no 'name'; expected *"),
        ([{"name": "a", "values": ["x"]}], "slice {'name': 'a', 'values': *} has no 'column'; expected *"),
        ([{"name": "a", "column": "b"}], "slice 'a' has neither values nor min or max: *"),
        ([{"name": "a", "column": "b", "values": ["x"], "min": 1}], "slice 'a' has values and a range: *"),
        (
            [{"name": "a", "column": "b", "values": "x"}],
            "slice 'a': values = 'x'; expected a list with one value or more",
        ),
        (
            [{"name": "a", "column": "b", "values": []}],
            "slice 'a': values = []; expected a list with one value or more",
        ),
        ([{"name": "a", "column": "b", "values": [["x"]]}], "slice 'a': the value ['x'] is neither *"),
        ([{"name": "a", "column": "b", "min": "many"}], "slice 'a': min = 'many'; expected a number"),
        ([{"name": "a", "column": "b", "max": float("nan")}], "slice 'a': max = nan; expected a number"),
        ([{"name": "a=b", "column": "b", "min": 1}], "slice 'a=b': a name cannot hold '=', *"),
        (["language", "language"], "two slices are named 'language': give each a name of its own"),
    ],
)
def test_another_form_is_refused(value: object, message: str) -> None:
    from fnmatch import fnmatchcase

    with pytest.raises(OptionError) as caught:
        parse_slices(value)
    assert fnmatchcase(str(caught.value), message.replace("[", "[[]"))


def parsed(value: Any) -> Options:
    return Options(slices=OPTIONS["slices"].parse(value, ParseContext(Path())))


def test_slices_of_a_task_of_glue() -> None:
    """The tasks that the options name have them; cache keys leave them out."""
    options = parsed({"rte": ["genre"]})
    assert (Slice("genre"),) == options.known_tasks["rte"].slices
    assert () == options.known_tasks["cola"].slices


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (["rte"], "expected a list of slices for each task"),
        ({"rtee": ["genre"]}, "unknown task 'rtee': did you mean rte?"),
        ({"rte": "genre"}, "slices = 'genre': expected a list"),
    ],
)
def test_a_table_of_another_form_is_refused(value: object, message: str) -> None:
    with pytest.raises(OptionError, match=message):
        parsed(value)


@pytest.mark.parametrize(
    ("value", "expected"), [("de", "de"), (3, "3"), (3.0, "3"), (0.5, "0.5"), (True, "true"), (False, "false")]
)
def test_the_text_of_a_value(value: object, expected: str) -> None:
    """A column of integers can be read as floats, where values are missing."""
    assert expected == text_of(value)


@pytest.mark.parametrize("name", [None, "urgent", "language=de", "path=a[0]", ""])
def test_a_target_is_split_as_it_was_joined(name: str | None) -> None:
    assert ("rte", name) == split_target(join_target("rte", name))
