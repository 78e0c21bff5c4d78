"""The chance level."""

import numpy as np
import pytest

from pytest_glue.core.chance import chance_level
from pytest_glue.core.chance_bound import chance_bound
from pytest_glue.statistics.metrics import score


@pytest.mark.parametrize("metric", ["accuracy", "f1"])
@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.68, 1.0])
def test_the_best_constant_prediction_scores_the_chance_level(metric: str, share: float) -> None:
    """For accuracy and F1 the chance level is the best score that one class for all examples reaches."""
    references = (np.arange(100) < 100 * share).astype(float)
    constants = [np.full(100, label) for label in (0, 1)]
    reached = np.nan_to_num(score(metric, constants, references))
    assert max(reached) == pytest.approx(chance_level(metric, references.tolist()))


def test_the_majority_of_three_classes() -> None:
    """With several classes it is the share of the largest."""
    assert 0.5 == chance_level("accuracy", [0, 1, 2, 2, 2, 1])


@pytest.mark.parametrize("metric", ["matthews_correlation", "pearson", "spearmanr"])
def test_the_chance_level_of_a_correlation_is_zero(metric: str) -> None:
    """A constant prediction has no correlation, so the chance level is that of an unrelated one."""
    assert 0.0 == chance_level(metric, [1, 1, 1, 0])


@pytest.mark.parametrize("metric", ["mae", "mse"])
def test_the_chance_level_of_an_error_is_that_of_the_best_constant(metric: str) -> None:
    """No constant prediction has a lower mean error than the median or the mean of the references."""
    references = np.random.default_rng(1).exponential(size=301)
    constants = np.linspace(references.min(), references.max(), 2000)[:, np.newaxis] * np.ones(301)
    lowest = score(metric, constants, references).min()
    assert chance_level(metric, references.tolist()) == pytest.approx(lowest, rel=1e-4)
    assert chance_level(metric, references.tolist()) <= lowest


@pytest.mark.parametrize("metric", ["mae", "mse"])
def test_an_error_beats_chance_below_the_chance_level(metric: str) -> None:
    """Where lower is better, the bound lies below the chance level, by 1.645 standard errors of its mean error."""
    references = np.random.default_rng(2).normal(size=200)
    constant = np.median(references) if metric == "mae" else references.mean()
    errors = np.abs(references - constant) ** (1 if metric == "mae" else 2)
    expected = errors.mean() - 1.6449 * errors.std() / 200**0.5
    assert chance_bound(metric, references.tolist()) == pytest.approx(expected, rel=1e-4)
