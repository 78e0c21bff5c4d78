"""The influence of each example on a run's score."""

import numpy as np
import pytest
from numpy.typing import ArrayLike

from pytest_glue.statistics.metrics import score
from pytest_glue.statistics.scored_runs import ScoredRuns

RNG = np.random.default_rng(5)
N = 400
LABELS = RNG.integers(0, 2, N)
CLASSES = np.where(RNG.random((3, N)) < 0.25, 1 - LABELS, LABELS)
THREE = RNG.integers(0, 3, N)
OF_THREE = np.where(RNG.random((3, N)) < 0.4, RNG.integers(0, 3, (3, N)), THREE)
NUMBERS = np.round(RNG.normal(size=N), 1)
GUESSES = np.round(NUMBERS + RNG.normal(size=(3, N)) / 2, 1)
CASES = [
    ("accuracy", CLASSES, LABELS),
    ("f1", CLASSES, LABELS),
    ("matthews_correlation", CLASSES, LABELS),
    ("matthews_correlation", OF_THREE, THREE),
    ("mae", GUESSES, NUMBERS),
    ("mse", GUESSES, NUMBERS),
    ("pearson", GUESSES, NUMBERS),
    ("spearmanr", GUESSES, NUMBERS),
]


@pytest.mark.parametrize(("metric", "predictions", "references"), CASES)
def test_mean_influence_is_zero(metric: str, predictions: ArrayLike, references: ArrayLike) -> None:
    """The influences of each run have mean 0 over the examples."""
    np.testing.assert_allclose(ScoredRuns.of(metric, predictions, references).influences.mean(axis=-1), 0, atol=1e-12)


@pytest.mark.parametrize(("metric", "predictions", "references"), CASES)
def test_agrees_with_the_jackknife(metric: str, predictions: ArrayLike, references: ArrayLike) -> None:
    """The influences are the jackknife's pseudo-values, up to terms of order 1/n."""
    whole = score(metric, predictions, references)
    without = np.stack(
        [score(metric, np.delete(predictions, i, axis=1), np.delete(references, i)) for i in range(N)], axis=-1
    )
    jackknife = (N - 1) * (whole[:, np.newaxis] - without)
    jackknife -= jackknife.mean(axis=-1, keepdims=True)
    runs = ScoredRuns.of(metric, predictions, references)
    found = runs.sign * runs.influences
    assert np.corrcoef(jackknife.ravel(), found.ravel())[0, 1] > 0.999
    assert found.std() == pytest.approx(jackknife.std(), rel=0.02)


def test_a_run_without_a_score_has_no_influences() -> None:
    """Constant predictions have influences of NaN, without a warning."""
    assert np.isnan(ScoredRuns.of("matthews_correlation", [[1, 1, 1]], [0, 1, 1]).influences).all()
