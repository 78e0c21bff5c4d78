"""The golden examples of an item, read from their file when it is judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_glue.gate.golden import GoldenCriteria

if TYPE_CHECKING:
    from pytest_glue.core.tasks import Task


def golden_criteria(task: Task) -> GoldenCriteria | None:
    """Return the golden examples of a task; None if it has none.

    Raises:
        DataError: their file cannot be used.
    """
    if not task.golden:
        return None
    from pytest_glue.data.golden import golden_split

    split = golden_split(task)
    texts = zip(*(split[column] for column in task.text_columns), strict=True)
    return GoldenCriteria(task, tuple(texts), tuple(map(float, split[task.label_column])))
