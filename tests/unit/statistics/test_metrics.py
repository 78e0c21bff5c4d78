"""The metrics, compared with scikit-learn, SciPy and arithmetic."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray
from scipy import stats
from sklearn import metrics as sklearn_metrics

from pytest_glue.core.metrics import METRICS
from pytest_glue.core.tasks import GLUE, Task
from pytest_glue.statistics.metrics import compute, score

Array = NDArray[np.float64]

ORACLES: dict[str, Callable[[Array, Array], Any]] = {
    "accuracy": lambda predictions, references: sklearn_metrics.accuracy_score(references, predictions),
    "f1": lambda predictions, references: sklearn_metrics.f1_score(references, predictions, zero_division=np.nan),
    "mae": lambda predictions, references: sklearn_metrics.mean_absolute_error(references, predictions),
    "matthews_correlation": lambda predictions, references: sklearn_metrics.matthews_corrcoef(references, predictions),
    "mse": lambda predictions, references: sklearn_metrics.mean_squared_error(references, predictions),
    "pearson": lambda predictions, references: stats.pearsonr(predictions, references).statistic,
    "spearmanr": lambda predictions, references: stats.spearmanr(predictions, references).statistic,
}
CORRELATIONS = ("matthews_correlation", "pearson", "spearmanr")
ROUNDING = {"pearson": 1e-15}
"""SciPy's Pearson sums by BLAS, whose order of summation differs by machine; the other scores are equal exactly."""
RELATIVE_ROUNDING = {"mae": 1e-15, "mse": 1e-15}
"""scikit-learn sums in another order, which differs by version."""

REGRESSIONS = ("mae", "mse", "pearson", "spearmanr")
CLASSIFIERS = ("accuracy", "f1", "matthews_correlation")
SHAPES = [
    *((metric, classes, n) for metric in CLASSIFIERS for classes in (2,) for n in (2, 3, 10, 277, 1043)),
    *(
        (metric, classes, n)
        for metric in ("accuracy", "matthews_correlation")
        for classes in (3, 150)
        for n in (9, 500)
    ),
    *((metric, levels, n) for metric in REGRESSIONS for levels in (2, 26, 10**6) for n in (2, 3, 10, 1500)),
]


def score_one(metric: str, predictions: ArrayLike, references: ArrayLike) -> float:
    """Return the score of one run, which is sure of its predictions."""
    logits = 40.0 * (np.rint(predictions)[..., np.newaxis] == np.arange(3))
    return compute(Task("own", "own", ("text",), ("a", "b", "c"), (metric,)), predictions, references, logits)[metric]


def oracle(metric: str, predictions: Array, references: Array) -> float:
    """Return what scikit-learn or SciPy computes; NaN for a correlation with a constant."""
    if metric in CORRELATIONS and (np.ptp(predictions) == 0 or np.ptp(references) == 0):
        return np.nan
    return float(ORACLES[metric](predictions, references))


@pytest.mark.parametrize(("metric", "levels", "n"), SHAPES)
def test_each_run_scores_as_in_scikit_learn_and_scipy(metric: str, levels: int, n: int) -> None:
    """Scores agree for perfect, good, unrelated and constant runs, with ties and with many classes."""
    rng = np.random.default_rng(levels + n)
    for _ in range(20):
        references = rng.integers(0, levels, n).astype(float)
        noisy = rng.random((5, n)) < np.array([[0.0], [0.1], [0.5], [1.0], [1.0]])
        predictions = np.where(noisy, rng.integers(0, levels, (5, n)), references)
        predictions[-1] = 1.0
        if metric in REGRESSIONS:
            predictions[1:-1] += np.round(rng.normal(0, levels / 5, (3, n)), rng.integers(0, 9))
        expected = [oracle(metric, run, references) for run in predictions]
        found = score(metric, predictions, references)
        np.testing.assert_allclose(found, expected, rtol=RELATIVE_ROUNDING.get(metric, 0), atol=ROUNDING.get(metric, 0))
        np.testing.assert_array_equal(found, [score_one(metric, run, references) for run in predictions])


@pytest.mark.parametrize(
    ("task", "predictions", "references", "expected"),
    [
        ("rte", [0, 1, 1, 0], [0, 1, 0, 0], {"accuracy": 0.75}),
        ("mnli", [0, 1, 2, 2], [0, 1, 2, 0], {"accuracy": 0.75}),
        ("mrpc", [1, 1, 1, 0], [1, 0, 1, 1], {"accuracy": 0.5, "f1": 2 / 3}),
        ("cola", [1, 1, 0, 0], [1, 0, 0, 0], {"matthews_correlation": 3**-0.5}),
        ("cola", [0, 1], [1, 0], {"matthews_correlation": -1.0}),
        ("stsb", [1.0, 2.0, 9.0], [0.0, 2.5, 5.0], {"pearson": 0.9176629354822472, "spearmanr": 1.0}),
    ],
)
def test_known_scores(task: str, predictions: list[float], references: list[float], expected: dict[str, float]) -> None:
    """The scores of a task agree with those calculated by hand."""
    assert expected == pytest.approx(compute(GLUE[task], predictions, references))


def test_leading_axes_are_scored_each_on_its_own() -> None:
    """Predictions and references may have leading axes, such as resamples."""
    rng = np.random.default_rng(3)
    labels, predictions = rng.integers(0, 2, 83), rng.integers(0, 2, (6, 83))
    resamples = rng.integers(0, 83, (4, 83))
    together = score("f1", predictions[:, resamples].swapaxes(0, 1), labels[resamples])
    expected = [score("f1", predictions[:, chosen], labels[chosen]) for chosen in resamples]
    np.testing.assert_array_equal(together, expected)


@pytest.mark.parametrize("metric", METRICS)
def test_an_empty_split_has_no_score(metric: str) -> None:
    """Without examples, a score is undefined: neither 0 nor 1."""
    assert np.isnan(score_one(metric, [], []))


@pytest.mark.parametrize("metric", METRICS)
def test_one_example_has_a_share_but_no_correlation(metric: str) -> None:
    """Accuracy and F1 are defined for a single example; a correlation is not."""
    of_metric, is_undefined = METRICS[metric], metric in {*CORRELATIONS, "cohen_kappa", "r2", "roc_auc"}
    best = of_metric.high if of_metric.greater_is_better else of_metric.low
    found = score_one(metric, [1.0], [1.0])
    assert (np.nan if is_undefined else best) == pytest.approx(found, nan_ok=True, abs=1e-12)


@pytest.mark.parametrize("metric", CORRELATIONS)
@pytest.mark.parametrize("constant", ["predictions", "references", "both"])
def test_a_correlation_with_a_constant_is_undefined(metric: str, constant: str) -> None:
    """If either side has one value only, there is no correlation; scikit-learn reports 0."""
    varied, same = np.array([0.0, 1.0, 1.0, 0.0]), np.ones(4)
    sides = {"predictions": (same, varied), "references": (varied, same), "both": (same, same)}
    assert np.isnan(score_one(metric, *sides[constant]))


@pytest.mark.parametrize(
    ("predictions", "references", "expected"),
    [([0, 0], [0, 0], np.nan), ([0, 0], [1, 0], 0.0), ([1, 1], [0, 0], 0.0), ([1, 1], [1, 1], 1.0)],
    ids=["nothing-to-find", "nothing-found", "found-wrongly", "all-found"],
)
def test_f1_is_undefined_only_without_class_1(
    predictions: list[float], references: list[float], expected: float
) -> None:
    """F1 is 0 if every example of class 1 is missed, and undefined if class 1 is neither predicted nor a reference."""
    assert expected == pytest.approx(score_one("f1", predictions, references), nan_ok=True)


@pytest.mark.parametrize("task", GLUE)
@pytest.mark.parametrize("broken", [np.nan, np.inf, -np.inf])
def test_a_prediction_that_is_not_finite_leaves_no_score(task: str, broken: float) -> None:
    """One broken prediction leaves every metric undefined: it is neither right nor wrong."""
    scores = compute(GLUE[task], [1.0, broken, 0.0], [1.0, 1.0, 0.0])
    assert dict.fromkeys(GLUE[task].metrics, True) == {name: np.isnan(value) for name, value in scores.items()}


@pytest.mark.parametrize(
    ("predictions", "references"), [([1, 0], [1]), ([[1], [0]], [1, 0]), ([[1, 0]], [[1, 0]]), (1, 1)]
)
def test_shapes_that_would_broadcast_are_refused(predictions: Any, references: Any) -> None:
    """Arrays that would be broadcast to a wrong score are an error that names their shapes."""
    with pytest.raises(
        ValueError, match=r"predictions of shape .* and references of shape .*: accepted is \(n,\) twice"
    ):
        compute(GLUE["rte"], predictions, references)


@pytest.mark.parametrize(
    ("metric", "predictions", "references", "message"),
    [
        ("f2", [[0, 1]], [0, 1], "unknown metric 'f2'; accepted: accuracy"),
        ("f1", [[0, 1, 1]], [0, 1], r"shape \(1, 3\) do not fit references of shape \(2,\)"),
        ("f1", [0, 1], [0, 1], r"accepted: \(runs, examples\)"),
        ("f1", [[1]], [1], "at least 1 run and 2 examples"),
        ("pearson", [[np.nan, 1]], [0, 1], "predictions hold a value that is not finite"),
    ],
)
def test_bad_input_is_named(metric: str, predictions: ArrayLike, references: ArrayLike, message: str) -> None:
    """An unknown metric, shapes that do not fit and NaN are errors that say so."""
    with pytest.raises(ValueError, match=message):
        score(metric, predictions, references)


@pytest.mark.parametrize("metric", METRICS)
def test_constant_and_nearly_constant_predictions_raise_no_warning(metric: str) -> None:
    """A model that has hardly changed yet is no reason to warn at every epoch."""
    nearly = 1.0 + np.arange(4) * 1e-16 + np.array([0, 0, 0, 3e-16])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for predictions in (nearly, np.ones(4), np.zeros(4)):
            score_one(metric, predictions, np.array([0.0, 0.0, 2.0, 2.0]))
