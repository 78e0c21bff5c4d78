"""Values of options: a text of the command line, a list of ini lines, or a typed value of a table or a marker."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from enum import StrEnum
    from pathlib import Path

    from pytest_glue.config.parse_context import ParseContext
    from pytest_glue.core.errors import OptionError

    Kind = TypeVar("Kind", bound=StrEnum)


def refused(message: str) -> OptionError:
    """Return an error to raise. Every pytest run loads this module, and making the error classes takes a while."""
    from pytest_glue.core.errors import OptionError

    return OptionError(message)


def texts(value: Any) -> list[str]:
    """Return the parts of a comma-separated text or the items of a list of texts, without repeats."""
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, list | tuple) or not all(isinstance(part, str) for part in parts):
        raise refused(f"{value!r}: expected a text or a list of texts")
    return list(dict.fromkeys(part.strip() for part in parts if part.strip()))


def lines(value: Any) -> list[str]:
    """Return a text, or a list of texts, as a list."""
    found = [value] if isinstance(value, str) else value
    if not isinstance(found, list | tuple) or not all(isinstance(line, str) for line in found):
        raise refused(f"{value!r}: expected a table, a text or a list of texts")
    return list(found)


def integer(value: Any) -> int | None:
    """Return an integer, or the one that a text stands for; None for anything else."""
    try:
        return int(value) if isinstance(value, str | int) and not isinstance(value, bool) else None
    except ValueError:
        return None


def number(value: Any) -> float:
    """Return a number, or the one that a text stands for; NaN for anything else."""
    try:
        return math.nan if isinstance(value, bool) else float(value) + 0.0  # + 0.0 makes -0.0 positive
    except (TypeError, ValueError, OverflowError):
        return math.nan


def comma_hint(value: Any) -> str:
    """Return what to do about a refused value that holds a number with a decimal comma; empty for any other value."""
    given = value if isinstance(value, list | tuple) else [value]
    found = (re.fullmatch(r"(?:.*=)?\s*-?(\d+),(\d+(?:e-?\d+)?)\s*", each) for each in given if isinstance(each, str))
    return next((f"; write a number with a decimal point, as in {each[1]}.{each[2]}" for each in found if each), "")


def at_least(low: int, high: int = 2**31 - 1) -> Callable[[Any, ParseContext], int]:
    """Return a parser of integers with a lower and an upper bound."""

    def parse(value: Any, _: ParseContext) -> int:
        found = integer(value)
        if found is None or found < low:
            raise refused(f"{value!r}: expected an integer of at least {low}")
        if found > high:
            raise refused(f"{value!r}: expected an integer of at most {high}")
        return found

    return parse


def member(kind: type[Kind], value: Any) -> Kind:
    """Return the member of an enumeration that has this value."""
    if value not in tuple(kind):
        *others, last = kind
        raise refused(f"{value!r}: expected {', '.join(others)} or {last}")
    return kind(value)


def switch(value: Any, _: ParseContext) -> bool:
    """Return whether an option without a value is on."""
    if value in ("on", "off"):
        return bool(value == "on")
    if not isinstance(value, bool):
        raise refused(f"{value!r}: expected on or off (in a table or a marker also true or false)")
    return value


def path(value: Any, context: ParseContext) -> Path:
    """Return a path, resolved against the folder of its source."""
    from pytest_glue.core.paths import user_path

    if not isinstance(value, str) or not value.strip():
        raise refused(f"{value!r}: expected a path")
    return context.base / user_path(value)
