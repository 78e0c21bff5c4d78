"""Slices of a table: columns, and named parts of the values of a column."""

import math
from collections.abc import Mapping
from typing import Any

from pytest_glue.config.values import number
from pytest_glue.core.errors import OptionError, closest
from pytest_glue.core.slices import Slice

_KEYS = ("name", "column", "values", "min", "max")
_FORMS = """a column, as in "language", or a table, as in { name = "urgent", column = "priority", values = ["high"] }"""


def parse_slices(value: Any) -> tuple[Slice, ...]:
    """Return the slices of a list of columns and of tables with name, column and values, or min and max.

    Raises:
        OptionError: the value has another form, or two slices have the same name.
    """
    if not isinstance(value, list | tuple):
        raise OptionError(f"slices = {value!r}: expected a list; each of its items is {_FORMS}")
    found = tuple(map(_slice, value))
    names = [each.name or each.column for each in found]
    if repeated := [name for name in names if names.count(name) > 1]:
        raise OptionError(f"two slices are named {repeated[0]!r}: give each a name of its own")
    return found


def _slice(value: Any) -> Slice:
    if isinstance(value, Slice):  # of a marker
        return value
    if isinstance(value, str):
        return Slice(_text(value, "a slice"))
    if not isinstance(value, Mapping):
        raise OptionError(f"slice {value!r}: expected {_FORMS}")
    if unknown := [key for key in value if key not in _KEYS]:
        raise OptionError(f"a slice has no key {unknown[0]!r}: {closest(unknown[0], _KEYS)}")
    if missing := [key for key in ("name", "column") if key not in value]:
        raise OptionError(f"slice {dict(value)!r} has no {missing[0]!r}; expected {_FORMS}")
    name, column = _text(value["name"], "name"), _text(value["column"], "column")
    if not value.keys() & {"values", "min", "max"}:
        raise OptionError(f"slice {name!r} has neither values nor min or max: without them it holds every example")
    if "values" in value and value.keys() & {"min", "max"}:
        raise OptionError(f"slice {name!r} has values and a range: give values, or min and max")
    if wrong := [each for each in "[]=" if each in name]:
        raise OptionError(f"slice {name!r}: a name cannot hold {wrong[0]!r}, which thresholds and reports use")
    bounds = [_bound(name, key, value[key]) if key in value else None for key in ("min", "max")]
    return Slice(column, name, _values(name, value.get("values")), *bounds)


def _text(value: Any, what: str) -> str:
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise OptionError(f"{what} {value!r}: expected a text that is not empty")
    return value


def _values(name: str, given: Any) -> tuple[str, ...]:
    if given is None:
        return ()
    if not isinstance(given, list | tuple) or not given:
        raise OptionError(f"slice {name!r}: values = {given!r}; expected a list with one value or more")
    if wrong := [each for each in given if not isinstance(each, str | int | float)]:
        raise OptionError(f"slice {name!r}: the value {wrong[0]!r} is neither a text nor a number, true or false")
    return tuple(map(text_of, given))


def _bound(name: str, key: str, given: Any) -> float:
    if isinstance(given, str) or not math.isfinite(found := number(given)):
        raise OptionError(f"slice {name!r}: {key} = {given!r}; expected a number")
    return found


def text_of(value: Any) -> str:
    """Return a value of a column as the text that names it: `true`, `3`, `0.5`, or a text as it is."""
    match value:
        case bool():
            return str(value).lower()
        case float() if value.is_integer():
            return str(int(value))
    return str(value)
