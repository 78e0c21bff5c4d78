"""The metrics agree with scikit-learn and SciPy, for many runs at once."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray
from scipy import stats
from sklearn import metrics

from pytest_glue.core.metrics import METRICS
from pytest_glue.statistics.metrics import METRIC_NAMES, score

Array = NDArray[np.float64]

RNG = np.random.default_rng(3)
LABELS = RNG.integers(0, 2, 83)
CLASSES = np.where(RNG.random((6, 83)) < 0.3, 1 - LABELS, LABELS)
NUMBERS = np.round(RNG.normal(size=83), 1)
GUESSES = np.round(NUMBERS + RNG.normal(size=(6, 83)), 1)
THREE = RNG.integers(0, 3, 83)
OF_THREE = np.where(RNG.random((6, 83)) < 0.4, RNG.integers(0, 3, (6, 83)), THREE)


def test_names_are_those_of_the_project() -> None:
    """Every metric that the project names has its formula here."""
    assert set(METRICS) == set(METRIC_NAMES)


@pytest.mark.parametrize(
    ("metric", "peer", "predictions", "references"),
    [
        ("accuracy", metrics.accuracy_score, CLASSES, LABELS),
        ("accuracy", metrics.accuracy_score, OF_THREE, THREE),
        ("f1", metrics.f1_score, CLASSES, LABELS),
        ("matthews_correlation", metrics.matthews_corrcoef, CLASSES, LABELS),
        ("matthews_correlation", metrics.matthews_corrcoef, OF_THREE, THREE),
        ("pearson", lambda x, y: stats.pearsonr(x, y).statistic, GUESSES, NUMBERS),
        ("spearmanr", lambda x, y: stats.spearmanr(x, y).statistic, GUESSES, NUMBERS),
    ],
)
def test_agrees_with_the_field(metric: str, peer: Callable[..., float], predictions: Array, references: Array) -> None:
    """Each run's score is that of scikit-learn or SciPy to 1e-12, ties and three classes included."""
    expected = [peer(references, run) for run in predictions]
    np.testing.assert_allclose(score(metric, predictions, references), expected, rtol=0, atol=1e-12)


def test_takes_any_number_of_resamples() -> None:
    """Leading axes of predictions and references are resamples, each scored on its own."""
    resamples = RNG.integers(0, 83, (4, 83))
    together = score("f1", CLASSES[:, resamples].swapaxes(0, 1), LABELS[resamples])
    expected = [score("f1", CLASSES[:, chosen], LABELS[chosen]) for chosen in resamples]
    np.testing.assert_array_equal(together, expected)


@pytest.mark.parametrize("metric", ["matthews_correlation", "pearson", "spearmanr"])
def test_constant_predictions_have_no_correlation(metric: str) -> None:
    """A correlation is NaN for constant predictions, and only for those runs."""
    references = LABELS if metric == "matthews_correlation" else NUMBERS
    predictions = np.stack([np.full(83, references[0]), references])
    assert [True, False] == np.isnan(score(metric, predictions, references)).tolist()


def test_f1_without_positives_is_undefined() -> None:
    """F1 is NaN where neither side has a positive, and 0 where only the predictions have none."""
    np.testing.assert_array_equal([np.nan], score("f1", [[0, 0]], [0, 0]))
    np.testing.assert_array_equal([0.0], score("f1", [[0, 0]], [0, 1]))


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
