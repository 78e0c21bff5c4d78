"""The slices of the evaluation examples: which example is in which."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_glue.config.slices import text_of
from pytest_glue.core.errors import DataError, closest
from pytest_glue.core.slices import Slice, value_name
from pytest_glue.core.tasks import Task

if TYPE_CHECKING:
    from datasets import Dataset

MAX_VALUES = 100
"""A column with more values, such as the texts, has no slice of each."""


@dataclass(frozen=True, slots=True)
class SlicedExamples:
    """The slices of a split."""

    indices: Mapping[str, tuple[int, ...]]
    """Of the examples of each slice, by its name, from 0; one or more, rising."""
    notes: tuple[str, ...] = ()
    """On examples that are in no slice because they have no value."""


def sliced_examples(split: "Dataset", task: Task) -> SlicedExamples:
    """Return the slices of a task: those of each value in the order of the values, and those with a name.

    Raises:
        DataError: a column is missing, holds no texts or numbers, or has too many values; a named slice has a value
            that no example has, or no example at all.
    """
    indices: dict[str, tuple[int, ...]] = {}
    notes: dict[str, None] = {}
    for each in task.slices:
        values = _values(split, each, task)
        if n_missing := values.count(None):
            what = f"{n_missing} of {len(values)} evaluation examples have no value in column {each.column!r}"
            notes[f"{what}, so they are in none of its slices"] = None
        found = {each.name: _part(each, values, task)} if each.name else _parts(each.column, values, task)
        if repeated := found.keys() & indices.keys():
            raise DataError(f"task {task.name} has two slices named {min(repeated)!r}: rename one of them")
        indices |= found
    return SlicedExamples(indices, tuple(notes))


def _values(split: "Dataset", part: Slice, task: Task) -> list[str | None]:
    """Return the value of each example as a text; None where there is none."""
    from datasets import ClassLabel

    if part.column not in split.column_names:
        hint = closest(part.column, split.column_names)
        raise DataError(f"the evaluation examples of task {task.name} have no column {part.column!r}: {hint}")
    feature, column = split.features[part.column], split[part.column]
    if isinstance(feature, ClassLabel):
        return [None if value is None or value < 0 else feature.int2str(value) for value in column]
    if wrong := [value for value in column if not isinstance(value, str | int | float | None)]:
        raise DataError(f"column {part.column!r} of task {task.name} holds {wrong[0]!r}, and a slice needs one value")
    return [None if _is_missing(value) else text_of(value) for value in column]


def _is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def _parts(column: str, values: Sequence[str | None], task: Task) -> dict[str, tuple[int, ...]]:
    """Return the slice of each value, sorted by value."""
    indices: dict[str, list[int]] = {}
    for index, value in enumerate(values):
        if value is not None:
            indices.setdefault(value, []).append(index)
    if len(indices) > MAX_VALUES:
        raise DataError(
            f"column {column!r} of task {task.name} has {len(indices)} values, more than the {MAX_VALUES} that have a "
            "slice each: name slices with values, or with min and max"
        )
    return {value_name(column, value): tuple(indices[value]) for value in sorted(indices)}


def _part(part: Slice, values: Sequence[str | None], task: Task) -> tuple[int, ...]:
    """Return the examples of a named slice."""
    there = {value for value in values if value is not None}
    if unknown := [value for value in part.values if value not in there]:
        raise DataError(
            f"slice {part.name!r} of task {task.name}: no evaluation example has {unknown[0]!r} in column "
            f"{part.column!r}: {closest(unknown[0], there)}"
        )
    if not part.is_by_number:
        return tuple(index for index, value in enumerate(values) if value in part.values)
    numbers = [None if value is None else _number(value, part, task) for value in values]
    low = -math.inf if part.minimum is None else part.minimum
    high = math.inf if part.maximum is None else part.maximum
    found = tuple(index for index, value in enumerate(numbers) if value is not None and low <= value <= high)
    if not found:
        raise DataError(f"slice {part.name!r} of task {task.name} has no evaluation example: {_range(numbers)}")
    return found


def _number(value: str, part: Slice, task: Task) -> float:
    try:
        return float(value)
    except ValueError:
        message = f"slice {part.name!r} of task {task.name}: min and max need numbers, and column {part.column!r}"
        raise DataError(f"{message} holds {value!r}") from None


def _range(numbers: Sequence[float | None]) -> str:
    """Return the range of a column's numbers, for a message."""
    known = [number for number in numbers if number is not None]
    return f"its column has numbers from {min(known):g} to {max(known):g}" if known else "its column has no values"
