"""The metrics that a task can have."""

from dataclasses import replace
from typing import Any

import pytest

from pytest_glue.core.errors import DataError, OptionError
from pytest_glue.core.metrics import MAX_LOGITS, check_logits_size, check_metrics, needs_logits
from pytest_glue.core.tasks import GLUE, Kind, Task

FIVE = Task("tickets", "tickets", ("text",), tuple("abcde"), ("f1_macro", "accuracy"))


@pytest.mark.parametrize("task", GLUE.values(), ids=str)
def test_those_of_glue_fit(task: Task) -> None:
    """Every task of GLUE passes, and needs no logits."""
    check_metrics(task)
    assert not needs_logits(task)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"metrics": ("f1",)}, "'f1' does not fit the kind classification with 5 labels; those that fit: .*f1_macro"),
        ({"metrics": ("accuracy", "pearson")}, "'pearson' does not fit the kind classification; .* fit: accuracy"),
        ({"kind": Kind.MULTI_LABEL, "metrics": ("log_loss",)}, "'log_loss' does not fit the kind multi_label"),
        ({"kind": Kind.REGRESSION, "labels": (), "metrics": ("accuracy",)}, "the kind regression; .*pearson, r2"),
        ({"metrics": ("f1_marco",)}, "unknown metric 'f1_marco': did you mean f1_macro"),
        ({"metrics": ()}, "has no metrics; those that fit: accuracy"),
    ],
)
def test_one_that_does_not_fit_names_those_that_do(changes: dict[str, Any], message: str) -> None:
    """The kind of the task, and the number of its labels, decide which metrics fit."""
    with pytest.raises(OptionError, match=message):
        check_metrics(replace(FIVE, **changes))


def test_labels_that_are_not_known_yet_fit() -> None:
    """F1 of class 1 fits a classification whose labels are inferred from the data."""
    check_metrics(replace(FIVE, labels=(), kind=Kind.CLASSIFICATION, metrics=("f1",)))


def test_more_logits_than_a_run_keeps_are_refused() -> None:
    """The message names examples, classes and the number of examples that would fit."""
    task = replace(FIVE, metrics=("accuracy", "roc_auc"))
    check_logits_size(task, MAX_LOGITS // 5)
    with pytest.raises(DataError, match=r"roc_auc.*400,001 evaluation examples and 5 classes.*samples=400000"):
        check_logits_size(task, MAX_LOGITS // 5 + 1)
    check_logits_size(FIVE, MAX_LOGITS)  # no metric needs any
