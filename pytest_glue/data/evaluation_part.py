"""The part of a training split that is evaluated on, for a task without an evaluation split."""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pytest_glue.core.errors import DataError
from pytest_glue.core.tasks import Task

if TYPE_CHECKING:
    from datasets import DatasetDict

_SEED = 42
"""Always the same, so that every machine, and every later test run, evaluates on the same examples."""


def with_evaluation_part(data: "DatasetDict", task: Task, where: str) -> "DatasetDict":
    """Return the data with `evaluation_fraction` of the training split as the evaluation split.

    The part is stratified: by labels, by sets of labels, or by deciles of a regression's labels. Examples of one group
    stay together, so the share is that of the closest whole number of folds. The order of the examples stays.

    Raises:
        DataError: there are too few examples or groups.
    """
    from pytest_glue.statistics.stratification import strata  # which imports numpy

    assert task.evaluation_fraction is not None
    train = data[task.train_split]
    given = train[task.label_column][:]
    _require_two_of_each(given, task, where)
    labels = strata(given, task.kind)
    groups = train[task.group_column][:] if task.group_column in train.column_names else None
    try:
        kept, part = _divided(labels, groups, task.evaluation_fraction)
    except ValueError as error:
        raise DataError(
            f"{where}: evaluation_fraction = {task.evaluation_fraction:g} cannot be taken from the {len(train)} "
            f"examples of split {task.train_split!r} of task {task.name}: {error}"
        ) from None
    splits = {task.train_split: train.select(sorted(kept)), task.evaluation_split: train.select(sorted(part))}
    return type(data)({**data, **splits})


def _require_two_of_each(labels: Sequence[Any], task: Task, where: str) -> None:
    """Check that each class can be trained on and evaluated.

    Raises:
        DataError: a class has a single example.
    """
    if task.is_regression or task.is_multi_label:
        return
    counts = Counter(labels)
    if rare := [name for number, name in enumerate(task.labels) if counts[number] == 1]:
        raise DataError(
            f"{where}: split {task.train_split!r} of task {task.name} has a single example with the label "
            f"{' or '.join(map(repr, rare[:5]))}, and evaluation_fraction needs two, one to train on and one to "
            "evaluate: add some, or leave the label out of the task's labels and data"
        )


def _divided(labels: Any, groups: Sequence[Any] | None, fraction: float) -> tuple[Sequence[int], Sequence[int]]:
    """Return the indices of the examples that are trained on, and of those that are evaluated on."""
    from sklearn.model_selection import StratifiedGroupKFold, train_test_split

    if groups is None:
        kept, part = train_test_split(range(len(labels)), test_size=fraction, stratify=labels, random_state=_SEED)
        return kept, part
    n_folds = max(round(1 / min(fraction, 1 - fraction)), 2)
    folds = StratifiedGroupKFold(n_folds, shuffle=True, random_state=_SEED)
    larger, smaller = next(iter(folds.split(labels, labels, groups)))
    return (larger, smaller) if fraction <= 0.5 else (smaller, larger)
