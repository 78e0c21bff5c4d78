"""Limits: the first examples of a split, for trying things out."""

from typing import TYPE_CHECKING

from pytest_glue.core.tasks import Task

if TYPE_CHECKING:
    from datasets import DatasetDict


def limited(data: "DatasetDict", task: Task, max_train: int | None, max_eval: int | None) -> "DatasetDict":
    """Return the splits with at most so many examples, the first ones, to train and to evaluate on.

    As in transformers' `run_glue` examples; None is no limit, and other splits are left whole.
    """
    limits = {task.train_split: max_train, task.evaluation_split: max_eval}
    return type(data)(
        {name: split.select(range(min(limits.get(name) or len(split), len(split)))) for name, split in data.items()}
    )
