"""Slices: parts of the evaluation examples that have a score of their own."""

from dataclasses import dataclass


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
