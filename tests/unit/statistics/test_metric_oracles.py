"""Every metric against scikit-learn and SciPy, with ties, missing classes and constants."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
from scipy import special, stats
from sklearn import metrics as sk

from pytest_glue.core.metrics import METRICS
from pytest_glue.core.tasks import Kind
from pytest_glue.statistics.metrics import score
from tests.unit.statistics.outputs import Array, cases, simulated

PREDICTED: dict[str, Callable[[Any, Any], float]] = {
    "accuracy": sk.accuracy_score,
    "balanced_accuracy": sk.balanced_accuracy_score,
    "cohen_kappa": sk.cohen_kappa_score,
    "mae": sk.mean_absolute_error,
    "matthews_correlation": sk.matthews_corrcoef,
    "mse": sk.mean_squared_error,
    "pearson": lambda gold, predicted: stats.pearsonr(gold, predicted).statistic,
    "r2": sk.r2_score,
    "spearmanr": lambda gold, predicted: stats.spearmanr(gold, predicted).statistic,
}
for name, function in {"f1": sk.f1_score, "precision": sk.precision_score, "recall": sk.recall_score}.items():
    PREDICTED[name] = partial(function, zero_division=np.nan)
    for average in ("macro", "micro", "weighted"):
        undefined = np.nan if average == "micro" else 0.0
        PREDICTED[f"{name}_{average}"] = partial(function, average=average, zero_division=undefined)


def of_logits(metric: str, gold: Array, logits: Array) -> float:
    """Return what scikit-learn computes from probabilities of one run."""
    shares, classes = special.softmax(logits, axis=-1), range(logits.shape[-1])
    if metric == "log_loss":
        return float(sk.log_loss(gold, shares, labels=list(classes)))
    if metric == "brier_score":
        return float(sk.brier_score_loss(gold, shares, labels=list(classes), scale_by_half=True))
    return of_curves(metric, [gold == each for each in classes], shares)


def of_curves(metric: str, positive: list[Any], shares: Array) -> float:
    """Return the mean of scikit-learn's area over the labels that have a curve; of class 1 if there are two."""
    area = sk.roc_auc_score if metric == "roc_auc" else sk.average_precision_score
    has_curve = [0 < is_label.mean() and (metric != "roc_auc" or is_label.mean() < 1) for is_label in positive]
    areas = [area(is_label, shares[:, label]) for label, is_label in enumerate(positive) if has_curve[label]]
    return float(np.mean(areas)) if areas else np.nan


def oracle(metric: str, kind: Kind, gold: Array, output: Array) -> float:
    """Return the score of one run."""
    needs_probabilities = METRICS[metric].needs_probabilities
    if METRICS[metric].is_correlation and (np.ptp(gold) == 0 or np.ptp(output) == 0):
        return np.nan  # scikit-learn's Matthews is 0 there
    if kind is not Kind.MULTI_LABEL:
        if metric in {"roc_auc", "average_precision"} and output.shape[-1] == 2:
            return of_curves(metric, [gold == 1], special.softmax(output, axis=-1)[:, 1:])
        return of_logits(metric, gold, output) if needs_probabilities else float(PREDICTED[metric](gold, output))
    labels = range(output.shape[-1] if needs_probabilities else 4)
    has = [(gold.astype(int) >> label) & 1 for label in labels]
    if needs_probabilities:
        return of_curves(metric, has, special.expit(output))
    predicted = [(output.astype(int) >> label) & 1 for label in labels]
    references, sets = np.stack(has, axis=1), np.stack(predicted, axis=1)
    ratio, _, average = metric.partition("_")
    if average not in {"macro", "weighted"}:
        return PREDICTED[metric](references, sets)
    of_labels = PREDICTED[f"{ratio}_micro"].func(references, sets, average=None, zero_division=0)  # type: ignore[attr-defined]
    weights = references.sum(axis=0) if average == "weighted" and references.any() else (references | sets).any(axis=0)
    return float(np.average(of_labels, weights=weights)) if weights.any() else np.nan


COMPARED = [case for case in cases() if case[0] != "expected_calibration_error"]


@pytest.mark.parametrize(("metric", "kind", "classes"), COMPARED)
@pytest.mark.parametrize("n", [5, 60, 700])
@pytest.mark.filterwarnings("ignore")
def test_scores_are_those_of_the_libraries(metric: str, kind: Kind, classes: int, n: int) -> None:
    """Each run's score is the library's to 1e-12: with ties, and on few examples, which lack a class."""
    rng = np.random.default_rng(n + classes)
    for _ in range(4):
        outputs, gold = simulated(metric, kind, n, rng, classes=classes)
        expected = [oracle(metric, kind, gold, run) for run in outputs]
        np.testing.assert_allclose(score(metric, outputs, gold, kind), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("metric", ["precision_macro", "precision_weighted"])
def test_a_class_that_is_never_predicted_has_the_precision_0(metric: str) -> None:
    """Else a model that stops predicting a rare class would score higher."""
    gold, predicted = np.array([0, 0, 0, 1, 1, 2]), np.array([0, 0, 1, 1, 1, 1])
    expected = sk.precision_score(gold, predicted, average=metric.partition("_")[2], zero_division=0)
    assert expected == pytest.approx(float(score(metric, [predicted], gold)[0]), abs=1e-12)
    assert expected < 0.8


@pytest.mark.parametrize("kind", [Kind.CLASSIFICATION, Kind.MULTI_LABEL])
def test_a_class_that_is_not_there_has_no_curve(kind: Kind) -> None:
    """The area under the ROC curve is the mean over the labels that some examples have and some have not."""
    rng = np.random.default_rng(3)
    outputs, labels = simulated("roc_auc", kind, 50, rng, classes=3)
    gold = labels.astype(int) & 3 if kind is Kind.MULTI_LABEL else np.minimum(labels, 1).astype(int)
    of_labels = special.expit(outputs) if kind is Kind.MULTI_LABEL else special.softmax(outputs, axis=-1)
    has = [(gold >> each) & 1 if kind is Kind.MULTI_LABEL else gold == each for each in (0, 1)]
    expected = [[sk.roc_auc_score(has[each], run[:, each]) for each in (0, 1)] for run in of_labels]
    np.testing.assert_allclose(score("roc_auc", outputs, gold, kind), np.mean(expected, axis=1), rtol=1e-12)


@pytest.mark.parametrize("metric", ["roc_auc", "average_precision"])
def test_one_class_has_no_curve(metric: str) -> None:
    """If all references are of class 0, the area is undefined: neither 0 nor 1."""
    assert np.isnan(score(metric, [[[1.0, 0.0], [0.0, 1.0]]], [0, 0])).all()


@pytest.mark.parametrize(
    ("metric", "predicted", "gold"),
    [
        ("precision", [0, 0, 0], [0, 1, 1]),
        ("recall", [1, 0, 1], [0, 0, 0]),
        ("cohen_kappa", [1, 1, 1], [1, 1, 1]),
        ("r2", [1, 2, 3], [2, 2, 2]),
    ],
)
def test_a_ratio_of_nothing_is_undefined(metric: str, predicted: list[int], gold: list[int]) -> None:
    """Precision without a prediction of class 1, recall without a reference, and the like: NaN, and no warning."""
    assert np.isnan(score(metric, [predicted], gold)).all()


def test_sets_without_labels_have_no_f1() -> None:
    """If no example has a label and none is predicted, averages over labels are undefined."""
    assert np.isnan(score("f1_macro", [[0, 0]], [0, 0], Kind.MULTI_LABEL)).all()


def test_the_expected_calibration_error_counts_each_bin() -> None:
    """It is the mean over 15 bins of confidence of the distance of accuracy and confidence, weighted by size."""
    rng = np.random.default_rng(4)
    logits, gold = simulated("log_loss", Kind.CLASSIFICATION, 500, rng, runs=2, classes=3)
    shares = special.softmax(logits, axis=-1)
    for run, found in zip(shares, score("expected_calibration_error", logits, gold), strict=True):
        confidence, right = run.max(axis=-1), run.argmax(axis=-1) == gold
        bins = np.digitize(confidence, np.linspace(0, 1, 16)[1:-1], right=True)
        inside = [bins == each for each in set(bins)]
        errors = [abs(right[each].mean() - confidence[each].mean()) * each.mean() for each in inside]
        assert found == pytest.approx(sum(errors), abs=1e-12)


def test_confident_mistakes_have_a_finite_log_loss() -> None:
    """A probability of 0 counts as the smallest step of float64, as in scikit-learn."""
    assert score("log_loss", [[[1000.0, 0.0], [1.0, 0.0]]], [1, 0])[0] == pytest.approx(
        (-np.log(np.finfo(float).eps) + np.log1p(np.exp(-1))) / 2
    )
