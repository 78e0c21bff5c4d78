"""Evaluation examples that also stand in the training split."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pytest_glue.core.formatting import count
from pytest_glue.core.tasks import Task

if TYPE_CHECKING:
    from datasets import Dataset


def overlap_notes(data: Mapping[str, "Dataset"], task: Task) -> tuple[str, ...]:
    """Return a note with the number of evaluation examples whose texts stand in the training split of an own task.

    Such examples say little about texts that are new, so that the score is too high.
    """
    if task.data is None:
        return ()
    trained = set(_texts(data[task.train_split], task))
    evaluated = _texts(data[task.evaluation_split], task)
    if not (common := sum(texts in trained for texts in evaluated)):
        return ()
    share = max(round(100 * common / len(evaluated)), 1)
    found = f"{common} of {count(len(evaluated), 'evaluation example')} ({share} %)"
    return (f"texts that also stand in the training split: {found}; the score is too high for new texts",)


def _texts(split: "Dataset", task: Task) -> list[tuple[str, ...]]:
    return list(zip(*(split[column][:] for column in task.text_columns), strict=True))
