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
    from pytest_glue.data.fingerprint import digest_of_texts
    from pytest_glue.data.golden import golden_place, read_golden

    golden = read_golden(task)
    texts = zip(*(golden.split[column] for column in task.text_columns), strict=True)
    return GoldenCriteria(
        task,
        tuple(texts),
        tuple(map(float, golden.split[task.label_column])),
        golden.positions,
        shows_texts=report_text is not ReportText.NONE,
        place=partial(golden_place, task),
        digest=digest_of_texts(golden.in_file, task),
    )
