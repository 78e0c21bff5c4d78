"""The estimate of a score, with its interval."""

import numpy as np
import pytest
from numpy.typing import NDArray

from pytest_glue.statistics.estimate import Estimate, estimate
from pytest_glue.statistics.seed_variance import SeedVariance

Array = NDArray[np.float64]


def right(rng: np.random.Generator, k: int, n: int) -> Array:
    """Return which examples k seeds get right: 0.8 on average over seeds and over new examples."""
    hard = rng.choice([-0.15, 0.15], n)
    return np.where(rng.random((k, n)) < 0.8 + 0.03 * rng.normal(size=(k, 1)) + hard, 1.0, 0.0)


@pytest.mark.parametrize("k", [1, 3, 5])
def test_interval_covers_new_seeds_and_new_examples(k: int) -> None:
    """At least 93 of 100 intervals at 95 % cover the expected score, with one seed and a given variance too."""
    rng = np.random.default_rng(k)
    seed_variance = SeedVariance(0.031, 19, "a table")
    intervals = [estimate(right(rng, k, 300), np.ones(300), "accuracy", seed_variance).interval() for _ in range(300)]
    expected = 0.8 - 0.0017  # the probabilities above are cut at 1
    assert np.mean([low <= expected <= high for low, high in intervals]) >= 0.93


def test_the_interval_of_one_run_covers_examples_only() -> None:
    """Without a given variance, the seeds' part and its source are unknown, and there is an interval."""
    found = estimate(right(np.random.default_rng(6), 1, 300), np.ones(300), "accuracy")
    assert found.standard_error_seeds is None
    assert found.variance_source is None
    assert found.interval()[0] < found.value < found.interval()[1]


def test_the_standard_error_has_two_parts() -> None:
    """The standard error is the root of the sum of the squared parts."""
    assert Estimate(0.5, 0.03, 0.04, 10, "own runs").standard_error == pytest.approx(0.05)


def test_values_out_of_range_are_refused() -> None:
    """A confidence level out of range, and a run without a score, are errors that name them."""
    found = Estimate(0.5, 0.03, 0.04, 10, "own runs")
    with pytest.raises(ValueError, match="confidence level 95"):
        found.interval(95)
    with pytest.raises(ValueError, match="pearson of the checkpoint is undefined in run 0"):
        estimate([[1, 1, 1]], [1, 2, 3], "pearson")
