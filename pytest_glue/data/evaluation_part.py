"""The part of a training split that is evaluated on, for a task without an evaluation split."""

from typing import TYPE_CHECKING

from pytest_glue.core.errors import DataError
from pytest_glue.core.tasks import Task

if TYPE_CHECKING:
    from datasets import DatasetDict

_SEED = 42
"""Always the same, so that every machine, and every later test run, evaluates on the same examples."""


def with_evaluation_part(data: "DatasetDict", task: Task, where: str) -> "DatasetDict":
    """Return the data with `evaluation_fraction` of the training split as the evaluation split.

    The part is stratified: by labels, by sets of labels, or by deciles of a regression's labels. The order of the
    examples stays.

    Raises:
        DataError: there are too few examples.
    """
    from sklearn.model_selection import train_test_split

    from pytest_glue.statistics.stratification import strata  # which imports numpy

    assert task.evaluation_fraction is not None
    train = data[task.train_split]
    groups = strata(train[task.label_column][:], task.kind)
    try:
        kept, part = train_test_split(
            range(len(train)), test_size=task.evaluation_fraction, stratify=groups, random_state=_SEED
        )
    except ValueError as error:
        raise DataError(
            f"{where}: evaluation_fraction = {task.evaluation_fraction:g} cannot be taken from the {len(train)} "
            f"examples of split {task.train_split!r} of task {task.name}: {error}"
        ) from None
    splits = {task.train_split: train.select(sorted(kept)), task.evaluation_split: train.select(sorted(part))}
    return type(data)({**data, **splits})
