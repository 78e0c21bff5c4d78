"""Counts of failed runs: Fisher's exact test, the bound of Clopper and Pearson, and what a design tolerates."""

import numpy as np
import pytest
from scipy.stats import binomtest, fisher_exact

from pytest_glue.statistics.failure_rates import (
    failure_rate_bound,
    more_failures_p_value,
    seeds_that_tolerate,
    smallest_p_value,
    tolerated_failure_rate,
)


@pytest.mark.parametrize(("runs", "others"), [(1, 1), (3, 3), (3, 10), (10, 4)])
def test_the_p_value_is_fishers(runs: int, others: int) -> None:
    """It is that of SciPy's one-sided exact test."""
    for failed in range(runs + 1):
        for others_failed in range(others + 1):
            table = np.array([[failed, runs - failed], [others_failed, others - others_failed]])
            expected = fisher_exact(table, alternative="greater").pvalue
            assert more_failures_p_value(failed, runs, others_failed, others) == pytest.approx(expected)


@pytest.mark.parametrize("counts", [(4, 3, 0, 3), (-1, 3, 0, 3), (0, 3, 4, 3)])
def test_impossible_counts(counts: tuple[int, int, int, int]) -> None:
    with pytest.raises(ValueError, match="accepted: from 0 to all runs"):
        more_failures_p_value(*counts)


def test_the_smallest_p_value_leaves_one_run() -> None:
    """All but one of ten failed is the most extreme; of one run, or with too many failures, nothing is."""
    assert smallest_p_value(10, 10, 9) == pytest.approx(more_failures_p_value(9, 10, 0, 10))
    assert smallest_p_value(10, 10, 12) == pytest.approx(more_failures_p_value(9, 10, 3, 10))
    assert 1.0 == smallest_p_value(1, 5, 1)
    assert 1.0 == smallest_p_value(3, 1, 4)


@pytest.mark.parametrize(("failed", "runs", "bound"), [(0, 5, 0.451), (0, 3, 0.632), (1, 5, 0.657), (3, 3, 1.0)])
def test_the_bound(failed: int, runs: int, bound: float) -> None:
    """No failure in five runs rules out a rate above 45 %, as SciPy's exact interval does."""
    assert failure_rate_bound(failed, runs) == pytest.approx(bound, abs=5e-4)
    exact = binomtest(failed, runs, alternative="less").proportion_ci(0.95, method="exact").high
    assert failure_rate_bound(failed, runs) == pytest.approx(exact)


@pytest.mark.parametrize(("items", "seeds", "rate"), [(1, 1, 0.05), (10, 3, 0.171), (10, 1, 0.005), (1, 3, 0.368)])
def test_what_a_design_tolerates(items: int, seeds: int, rate: float) -> None:
    """Of all items, one or more has failures only with probability alpha at this rate."""
    assert tolerated_failure_rate(0.05, items, seeds) == pytest.approx(rate, abs=5e-4)


@pytest.mark.parametrize("items", [1, 5, 10, 50])
@pytest.mark.parametrize("rate", [0.02, 0.1, 0.3])
def test_seeds_that_tolerate_a_rate(items: int, rate: float) -> None:
    """The number is the smallest that is enough."""
    enough = seeds_that_tolerate(rate, 0.05, items)
    assert tolerated_failure_rate(0.05, items, enough) >= rate
    assert enough == 1 or tolerated_failure_rate(0.05, items, enough - 1) < rate
