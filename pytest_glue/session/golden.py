"""The golden examples of an item, read from their file when it is judged."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from pytest_glue.core.choices import ReportText
from pytest_glue.gate.golden import GoldenCriteria

if TYPE_CHECKING:
    from pytest_glue.core.tasks import Task


def golden_criteria(task: Task, report_text: ReportText) -> GoldenCriteria | None:
    """Return the golden examples of a task; None if it has none.

    Args:
        task: of the item.
        report_text: whether texts may be shown.

    Raises:
        DataError: their file cannot be used.
    """
    if not task.golden:
        return None
    from pytest_glue.data.golden import golden_identity, golden_place, golden_split

    split = golden_split(task)
    texts = zip(*(split[column] for column in task.text_columns), strict=True)
    labels = tuple(map(float, split[task.label_column]))
    shows_texts = report_text is not ReportText.NONE
    return GoldenCriteria(task, tuple(texts), labels, shows_texts, partial(golden_place, task), golden_identity(task))
