"""The bound of a drop in accuracy by changed predictions."""

import numpy as np
import pytest
from numpy.typing import NDArray

from pytest_glue.statistics.agreement import agreement

Array = NDArray[np.float64]
N = 3000


def changed(k: int, *counts: int) -> tuple[Array, Array]:
    """Return predictions of k pairs of runs, of which the first texts changed, as many as given for each pair."""
    before = np.zeros((k, N))
    after = before.copy()
    for run, count in zip(after, counts or (0,) * k, strict=True):
        run[:count] = 1
    return after, before


@pytest.mark.parametrize(("count", "points"), [(0, 0.10), (15, 0.77), (30, 1.35)])
def test_the_bound_of_one_pair(count: int, points: float) -> None:
    """0, 15 and 30 changes in 3,000 bound the drop at 0.10, 0.77 and 1.35 points."""
    found = agreement(*changed(1, count))
    assert (count, N) == (found.changed, found.n_texts)
    assert points == round(100 * found.bound, 2)


def test_the_bound_is_exact() -> None:
    """The count that was seen has exactly the probability alpha if the share is the bound (Clopper and Pearson)."""
    from scipy.stats import binom

    for count in (0, 1, 7, 400, N - 1):
        assert 0.05 == pytest.approx(binom.cdf(count, N, agreement(*changed(1, count)).bound))
    assert 1 == agreement(*changed(1, N)).bound


def test_several_pairs_have_a_wider_bound_of_their_mean() -> None:
    """The count is the mean over pairs, and the bound is above that of one pair with as many changes."""
    several = agreement(*changed(3, 10, 15, 21))
    assert 46 / 3 == pytest.approx(several.changed)
    assert agreement(*changed(1, 16)).bound < several.bound < 1.2 * agreement(*changed(1, 16)).bound


@pytest.mark.parametrize("shared", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("k", [1, 3, 10])
def test_the_bound_covers_the_expected_share(k: int, shared: float) -> None:
    """At most 5 of 100 bounds are below the expected share, however much the pairs change the same texts."""
    rng, n, share = np.random.default_rng(k), 500, 0.01
    misses = 0
    for _ in range(2000):
        same = rng.random(n) < share
        own = rng.random((k, n)) < share
        after = np.where(rng.random(n) < shared, same, own).astype(float)
        misses += agreement(after, np.zeros((k, n))).bound < share
    assert misses / 2000 <= 0.055


def test_no_drop_is_larger_than_the_share_of_changes() -> None:
    """Whatever the labels are, accuracy drops by at most the share of changed predictions."""
    rng = np.random.default_rng(0)
    for _ in range(200):
        before, after, gold = (rng.integers(0, 3, (1, 50)) for _ in range(3))
        drop = np.mean(before == gold) - np.mean(after == gold)
        assert drop <= agreement(after, before).changed / 50


def test_what_does_not_fit_is_refused() -> None:
    """Sides of another shape, no text, and an alpha out of range are errors."""
    for ours, theirs in (([[0, 1]], [[0]]), ([[0], [0]], [[0]]), ([[]], [[]]), ([0, 1], [0, 1])):
        with pytest.raises(ValueError, match=r"accepted: \(pairs, texts\) twice"):
            agreement(ours, theirs)
    with pytest.raises(ValueError, match="alpha 5"):
        agreement([[0]], [[0]], 5)
