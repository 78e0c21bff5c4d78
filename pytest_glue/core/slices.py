"""Slices: parts of the evaluation examples that have a score of their own."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Slice:
    """A slice for each value of a column, or one named slice of the examples with some of its values."""

    column: str
    name: str = ""
    """Of a named slice; empty for a slice of each value."""
    values: tuple[str, ...] = ()
    """Of a named slice, as texts; empty for all values."""
    minimum: float | None = None
    """Of a named slice by a number: its lowest value; None for no bound."""
    maximum: float | None = None

    @property
    def is_by_number(self) -> bool:
        """Whether the column's values are compared as numbers."""
        return self.minimum is not None or self.maximum is not None

    def plain(self) -> str | dict[str, Any]:
        """Return what a table holds for it."""
        if not self.name:
            return self.column
        found = {"values": list(self.values) or None, "min": self.minimum, "max": self.maximum}
        given = {name: value for name, value in found.items() if value is not None}
        return {"name": self.name, "column": self.column, **given}


def value_name(column: str, value: str) -> str:
    """Return the name of the slice of a column's value, as in `language=de`."""
    return f"{column}={value}"


def join_target(task: str, slice_name: str | None) -> str:
    """Return what a threshold is for: `TASK`, or `TASK[SLICE]`."""
    return task if slice_name is None else f"{task}[{slice_name}]"


def split_target(target: str) -> tuple[str, str | None]:
    """Return the task and the slice, None for all examples, that `join_target` joined."""
    task, bracket, rest = target.partition("[")
    return task, rest.removesuffix("]") if bracket else None
