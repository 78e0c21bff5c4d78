"""Groups of examples that depend on each other, such as all questions about one paragraph."""

from typing import TYPE_CHECKING

from pytest_glue.core.tasks import Task

if TYPE_CHECKING:
    from datasets import Dataset


def groups_of(split: "Dataset", task: Task) -> tuple[int, ...] | None:
    """Return the number of each example's group, from 0 in the order of their first examples.

    Return None if the task has no groups, or the split lacks their column.
    """
    if task.group_column is None or task.group_column not in split.column_names:
        return None
    numbers: dict[object, int] = {}
    return tuple(numbers.setdefault(value, len(numbers)) for value in split[task.group_column])
