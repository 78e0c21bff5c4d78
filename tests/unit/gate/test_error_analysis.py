"""Confusion matrix, residuals and predictions of flipped examples."""

from dataclasses import replace

import numpy as np
import pytest

from pytest_glue.core.error_analysis import ConfusionMatrix, FlippedExample, GrownError, LabelScores
from pytest_glue.core.runs import Run
from pytest_glue.core.tasks import GLUE, Kind
from pytest_glue.gate.criteria import Criteria
from pytest_glue.gate.error_analysis import (
    MAX_FLIPPED,
    calibration,
    confusion_matrix,
    flipped_examples,
    grown_errors,
    label_scores,
    residuals,
    trained_runs,
)
from pytest_glue.gate.regression import RegressionCriterion
from pytest_glue.statistics.logits import encode_logits
from tests.factories import RTE_LABELS, make_baseline, make_run, make_runs, make_scored_run

RTE, STSB = GLUE["rte"], GLUE["stsb"]


def runs_of(*predictions: tuple[float, ...]) -> list[Run]:
    """Return runs with these predictions."""
    return [make_run(seed=seed, predictions=each) for seed, each in enumerate(predictions)]


def test_a_matrix_is_summed_over_runs() -> None:
    """Rows are gold labels, columns are predictions."""
    found = confusion_matrix(RTE, runs_of((0.0, 1.0, 1.0), (0.0, 0.0, 1.0)), (0.0, 0.0, 1.0))
    assert ConfusionMatrix(("entailment", "not_entailment"), ((3, 1), (0, 2))) == found


def test_a_prediction_of_another_label_has_a_column() -> None:
    """A head with more labels than the task can predict one that the task lacks."""
    found = confusion_matrix(RTE, runs_of((0.0, 2.0)), (0.0, 1.0))
    assert found is not None
    assert ("entailment", "not_entailment", "another label") == found.labels
    assert ((1, 0, 0), (0, 0, 1), (0, 0, 0)) == found.counts


@pytest.mark.parametrize(
    "task",
    [
        STSB,
        replace(RTE, labels=tuple(map(str, range(51)))),
        replace(RTE, kind=Kind.MULTI_LABEL),
    ],
    ids=["regression", "many labels", "sets of labels"],
)
def test_no_matrix(task: object) -> None:
    """A regression has none, nor has a task with more labels than can be read, nor with sets of them."""
    assert confusion_matrix(task, runs_of((0.0, 1.0)), (0.0, 1.0)) is None  # type: ignore[arg-type]


def test_residuals_by_gold_value() -> None:
    """Each range of gold values has the quantiles of prediction minus gold value over examples and runs."""
    gold = tuple(float(value) for value in range(100))
    found = residuals(STSB, runs_of(tuple(value + 1 for value in gold), tuple(value - 1 for value in gold)), gold)
    assert [10] * 10 == [each.n_examples for each in found]
    assert [(0.0, 9.0), (10.0, 19.0)] == [(each.low, each.high) for each in found[:2]]
    assert (-1.0, -1.0, 0.0, 1.0, 1.0) == pytest.approx(found[3].quantiles)


@pytest.mark.parametrize("gold", [(2.0, 2.0, 2.0), (2.0,), (0.0, 5.0)])
def test_residuals_of_few_different_values(gold: tuple[float, ...]) -> None:
    """Every example is in one range, however few values there are."""
    found = residuals(STSB, runs_of(tuple(value + 0.5 for value in gold)), gold)
    assert len(gold) == sum(each.n_examples for each in found)
    assert all((0.5,) * 5 == pytest.approx(each.quantiles) for each in found)


def test_calibration_of_a_classification() -> None:
    """Each bin has the mean probability of the predicted label, and the share of predictions that are right."""
    logits = np.log([[0.75, 0.25], [0.75, 0.25], [0.05, 0.95]])
    runs = [replace(make_run(seed=seed), logits=encode_logits(logits)) for seed in (1, 2)]
    found = calibration(RTE, runs, (0.0, 1.0, 1.0))
    assert [(0.7, 0.8, 4), (0.9, 1.0, 2)] == [(each.low, each.high, each.n_predictions) for each in found]
    assert [0.75, 0.95] == pytest.approx([each.confidence for each in found])
    assert [0.5, 1.0] == [each.accuracy for each in found]


def test_calibration_of_sets_of_labels() -> None:
    """Each label has a probability of its own, and is there or not."""
    task = replace(RTE, kind=Kind.MULTI_LABEL)
    logits = np.log(np.array([[0.75, 0.25], [0.75, 0.25]]) / (1 - np.array([[0.75, 0.25], [0.75, 0.25]])))
    found = calibration(task, [replace(make_run(), logits=encode_logits(logits))], (1.0, 3.0))
    assert [(0.2, 2, 0.5), (0.7, 2, 1.0)] == [(each.low, each.n_predictions, each.accuracy) for each in found]


def test_no_calibration() -> None:
    """It needs the logits of every run, and a regression has no probabilities."""
    kept = replace(make_run(), logits=encode_logits([[0.0, 1.0]]))
    assert () == calibration(RTE, [kept, make_run()], (1.0,))
    assert () == calibration(STSB, [kept], (1.0,))
    assert () == calibration(RTE, [replace(kept, logits=encode_logits([[float("nan"), 1.0]]))], (1.0,))


def test_no_residuals() -> None:
    """A classification has none; a prediction that is no number has none either."""
    assert () == residuals(RTE, runs_of((0.0, 1.0)), (0.0, 1.0))
    assert () == residuals(STSB, runs_of((float("nan"), 1.0)), (0.0, 1.0))


def test_the_predictions_of_flipped_examples() -> None:
    """Each has its label and the number of seeds of each side by prediction, in the given order."""
    ours, theirs = runs_of((1.0, 1.0), (1.0, 0.0), (1.0, 0.0)), runs_of((0.0, 1.0), (0.0, 1.0))
    found = flipped_examples(RTE, [1, 0], ours, theirs, (0.0, 1.0))
    assert found == (
        FlippedExample(1, "not_entailment", {"not_entailment": 2}, {"entailment": 2, "not_entailment": 1}),
        FlippedExample(0, "entailment", {"entailment": 2}, {"not_entailment": 3}),
    )


def test_a_comparison_has_the_flipped_examples() -> None:
    """The facts of a comparison have as many as are listed, the worst first, and no regression has any."""
    wrong = [1 - label if index < 80 else label for index, label in enumerate(RTE_LABELS)]
    recorded = make_baseline(make_runs("rte", RTE_LABELS, 1, 1))
    rule = RegressionCriterion("main", "f.json", recorded, 0.0, 0.05, 1)
    ours = [make_scored_run("rte", wrong, RTE_LABELS, seed) for seed in (5, 6)]
    baseline = Criteria(RTE, "a/b", {}, rule).judge(ours, RTE_LABELS).baseline
    assert baseline is not None
    flips = baseline["negative_flips"]
    assert MAX_FLIPPED == len(flips["predictions"])
    assert flips["examples"][:MAX_FLIPPED] == [each["example"] for each in flips["predictions"]]
    first = flips["predictions"][0]
    assert ("entailment", {"entailment": 2}, {"not_entailment": 2}) == (
        first["label"],
        first["baseline"],
        first["candidate"],
    )


def test_errors_that_grew() -> None:
    """The mean absolute error over runs counts; the most first, and none that fell or stayed."""
    gold = (1.0, 2.0, 3.0, 4.0)
    theirs, ours = runs_of(gold, gold), runs_of((1.5, 2.0, 1.0, 4.0), (0.5, 2.0, 3.0, 4.0))
    assert grown_errors(ours, theirs, gold) == (
        GrownError(2, 3.0, (3.0, 3.0), (1.0, 3.0)),
        GrownError(0, 1.0, (1.0, 1.0), (1.5, 0.5)),
    )
    assert () == grown_errors(theirs, ours, gold)


def test_a_comparison_of_a_regression_has_them() -> None:
    """They are in its facts, and it has no flips."""
    gold = tuple(float(value % 6) for value in range(60))
    noise = [0.1 * (index % 3) for index in range(60)]
    right = [make_scored_run("stsb", [value + n for value, n in zip(gold, noise, strict=True)], gold, 1)]
    recorded = replace(make_baseline(right), task="stsb", is_regression=True, headline_metric="pearson", n_eval=60)
    rule = RegressionCriterion("main", "f.json", recorded, 0.0, 0.05, 1)
    wrong = [make_scored_run("stsb", [value - 3 * n for value, n in zip(gold, noise, strict=True)], gold, 1)]
    baseline = Criteria(STSB, "a/b", {}, rule).judge(wrong, gold).baseline
    assert baseline is not None
    assert baseline["negative_flips"] is None
    assert 40 == len(baseline["grown_errors"])
    assert 2 == baseline["grown_errors"][0]["example"]


def test_failed_runs_are_left_out() -> None:
    """A run that learned nothing says nothing about labels, unless there is no other."""
    runs = runs_of((0.0,), (1.0,))
    assert runs[:1] == trained_runs(runs, {1})
    assert runs == trained_runs(runs, {0, 1})


def test_the_scores_of_labels_without_a_matrix() -> None:
    """Counts are pooled over runs; what is never predicted has no precision, what is nowhere has no F1."""
    task = replace(RTE, kind=Kind.MULTI_LABEL, labels=("a", "b", "c", "d"))
    runs = runs_of((3.0, 1.0, 0.0), (1.0, 0.0, 2.0))
    assert label_scores(task, runs, (1.0, 5.0, 2.0)) == (
        LabelScores("a", 2, 1.5, 1.0, 0.75, 6 / 7),
        LabelScores("b", 1, 1.0, 0.5, 0.5, 0.5),
        LabelScores("c", 1, 0.0, None, 0.0, 0.0),
        LabelScores("d", 0, 0.0, None, None, None),
    )
    assert () == label_scores(RTE, runs, (1.0, 0.0, 1.0)) == label_scores(STSB, runs, (1.0, 0.0, 1.0))


def test_the_scores_of_many_labels() -> None:
    """A matrix of them is not read by anyone."""
    many = replace(RTE, labels=tuple(map(str, range(51))))
    found = label_scores(many, runs_of((3.0, 1.0), (1.0, 0.0)), (3.0, 1.0))
    assert [("1", 1, 1.0, 0.5), ("3", 1, 0.5, 0.5)] == [
        (each.label, each.n_examples, each.n_predicted, each.recall) for each in found if each.recall is not None
    ]
