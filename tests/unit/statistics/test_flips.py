"""Negative flips: their number, their rate above the churn, and its interval."""

import numpy as np
import pytest
from numpy.typing import NDArray

from pytest_glue.statistics.flips import LISTED, negative_flips

Array = NDArray[np.float64]
N = 277


def right(rng: np.random.Generator, k: int, ability: Array, seeds: float = 0.1) -> Array:
    """Return which examples k runs get right, each with an effect of its seed and a mistake of its own now and then."""
    noise = seeds * rng.normal(size=(k, 1)) + 0.4 * rng.normal(size=(k, ability.size))
    return np.asarray(ability + noise > 0, np.float64)


def test_a_majority_decides_which_examples_flipped() -> None:
    """An example counts if most runs of each side changed; those on which all runs agree come first."""
    baseline = [[1, 1, 1, 1, 0], [1, 1, 1, 0, 0], [1, 0, 1, 0, 0]]
    candidate = [[1, 0, 0, 0, 1], [0, 0, 0, 0, 1], [0, 1, 0, 0, 1]]
    found = negative_flips(candidate, baseline, [1] * 5)
    assert (3, (2, 0, 1)) == (found.count, found.examples)


def test_a_tie_is_no_flip() -> None:
    """Half of the runs are no majority."""
    assert 0 == negative_flips([[0, 1], [1, 1]], [[1, 1], [1, 1]], [1, 1]).count


def test_the_list_is_bounded() -> None:
    """All flips are counted, and the first of them are listed."""
    found = negative_flips(np.zeros((2, 500)), np.ones((2, 500)), np.ones(500))
    assert (500, tuple(range(LISTED))) == (found.count, found.examples)


def test_the_rate_is_the_mean_over_pairs_of_runs() -> None:
    """The rate and the churn are those of pairs: one run of each side, or two different runs of the baseline."""
    rng = np.random.default_rng(0)
    ability = rng.normal(1, 1.5, N)
    baseline, candidate = right(rng, 3, ability), right(rng, 4, ability - 0.3)
    found = negative_flips(candidate, baseline, np.ones(N))
    across = [np.mean(ours * (1 - theirs)) for ours in baseline for theirs in candidate]
    within = [np.mean(a * (1 - b)) for i, a in enumerate(baseline) for j, b in enumerate(baseline) if i != j]
    assert np.mean(across) == pytest.approx(found.rate)
    assert np.mean(within) == pytest.approx(found.churn)
    assert np.mean(across) - np.mean(within) == pytest.approx(found.excess)


@pytest.mark.parametrize(("k_a", "k_b"), [(3, 3), (1, 3), (3, 1), (5, 2)])
def test_an_unchanged_checkpoint_has_no_excess(k_a: int, k_b: int) -> None:
    """Without a change the excess is 0 on average, though runs flip examples, and intervals cover it."""
    rng = np.random.default_rng(k_a)
    intervals, values = [], []
    for _ in range(300):
        ability = rng.normal(1, 1.5, N)
        found = negative_flips(right(rng, k_a, ability), right(rng, k_b, ability), np.ones(N))
        assert found.rate > 0.01
        assert found.confidence_interval is not None
        intervals.append(found.confidence_interval)
        values.append(found.excess)
    assert abs(np.mean(np.asarray(values, np.float64))) < 0.002
    assert np.mean([low <= 0 <= high for low, high in intervals]) >= 0.93


def test_the_interval_covers_the_excess_of_a_change() -> None:
    """Intervals cover the expected excess of a candidate that finds other examples hard."""
    rng = np.random.default_rng(7)

    def draw(k_a: int, n: int) -> tuple[Array, Array]:
        ability = rng.normal(1, 1.5, n)
        changed = ability - 0.5 + 0.5 * rng.normal(size=n)
        return right(rng, k_a, changed), right(rng, 3, ability)

    expected = np.mean([negative_flips(*draw(3, 20000), np.ones(20000)).excess for _ in range(40)])
    intervals = [negative_flips(*draw(3, N), np.ones(N)).confidence_interval for _ in range(300)]
    assert expected > 0.08
    assert np.mean([low <= expected <= high for low, high in filter(None, intervals)]) >= 0.93


def test_one_run_on_each_side_shows_no_churn() -> None:
    """The flips of one run against one are counted; their share that is churn is unknown."""
    found = negative_flips([[0, 1, 1]], [[1, 1, 0]], [1, 1, 1])
    assert (1, None, None, None) == (found.count, found.churn, found.excess, found.confidence_interval)
    assert 1 / 3 == found.rate


def test_shapes_that_do_not_fit_are_refused() -> None:
    """Sides of another number of examples than the references are an error."""
    with pytest.raises(ValueError, match="do not fit references"):
        negative_flips([[1, 1]], [[1, 1, 1]], [1, 1, 1])
