"""The ranking of checkpoints, and the average over tasks."""

import numpy as np
import pytest
from numpy.typing import NDArray

from pytest_glue.statistics.estimate import Estimate
from pytest_glue.statistics.ranking import average, rank

Array = NDArray[np.float64]

N = 500


def right(rng: np.random.Generator, k: int, quality: float) -> Array:
    """Return which examples k seeds get right; all runs share the difficulty of an example."""
    hard = np.random.default_rng(1).normal(size=N)
    return (quality + hard + 0.03 * rng.normal(size=(k, 1)) + 0.4 * rng.normal(size=(k, N)) > 0).astype(int)


def test_the_best_are_those_not_significantly_worse() -> None:
    """Two equal checkpoints are both best, a clearly worse one is not, and the order is by score."""
    rng = np.random.default_rng(1)
    found = rank({"worse": right(rng, 4, 0.3), "a": right(rng, 4, 1), "b": right(rng, 5, 1)}, np.ones(N), "accuracy")
    assert {"a", "b"} == set(found.best)
    assert "worse" == list(found.scores)[-1]
    assert [3, True] == [len(found.pairs), all(pair.difference.value >= 0 for pair in found.pairs)]


def test_false_differences_keep_the_family_wise_error_rate() -> None:
    """Among four equal checkpoints, at most 5 of 100 rankings report a difference, up to the simulation's error."""
    rng = np.random.default_rng(2)
    wrong = 0
    for _ in range(150):
        found = rank({name: right(rng, 3, 1) for name in "abcd"}, np.ones(N), "accuracy")
        wrong += any(pair.p_value is not None and pair.p_value <= 0.05 for pair in found.pairs)
    assert wrong <= 150 * 0.05 + 2 * np.sqrt(150 * 0.05 * 0.95)


def test_one_seed_each_makes_all_best() -> None:
    """If the variance between seeds is unknown, no pair has a p value, and all checkpoints are best."""
    rng = np.random.default_rng(3)
    found = rank({"a": right(rng, 1, 0), "b": right(rng, 1, 2)}, np.ones(N), "accuracy")
    assert ("b", "a") == found.best
    assert [None] == [pair.p_value for pair in found.pairs]


def test_average_adds_variances_of_independent_tasks() -> None:
    """The standard error of the mean of two tasks is half the root of the summed variances, by source."""
    found = average([Estimate(0.6, 0.03, 0.04, 10, "own runs"), Estimate(0.8, 0.04, 0.03, 10, "own runs")])
    assert found.value == pytest.approx(0.7)
    assert found.standard_error_seeds == pytest.approx(0.025)
    assert found.standard_error_examples == pytest.approx(0.025)
    assert found.degrees_of_freedom == pytest.approx(20)


def test_average_with_an_unknown_variance_has_an_unknown_variance() -> None:
    """One task with an unknown variance between seeds leaves that of the average unknown."""
    found = average([Estimate(0.6, 0.03, 0.04, 10, "own runs"), Estimate(0.8, None, 0.03, 10, None)])
    assert found.value == pytest.approx(0.7)
    assert (None, None) == (found.standard_error_seeds, found.variance_source)


def test_average_needs_a_task() -> None:
    """An average of nothing is an error."""
    with pytest.raises(ValueError, match="no tasks to average"):
        average([])


def test_rank_needs_a_checkpoint() -> None:
    """A ranking of nothing is an error."""
    with pytest.raises(ValueError, match="no checkpoints"):
        rank({}, np.ones(N), "accuracy")
