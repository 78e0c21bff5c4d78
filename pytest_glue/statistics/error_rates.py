"""Error rates of many tests: over the items of a test run, and over interim analyses of one item."""

import math
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, ndtri

from pytest_glue.statistics.metrics import Floats

ANALYSIS_GROWTH = 1.6
"""Each interim analysis has about this many times the seeds of the one before."""


def error_rates(alpha: float, family_size: int = 1, counts: Sequence[int] = ()) -> tuple[float, float]:
    """Return the nominal error rates of fail and of pass, for one item at one interim analysis.

    A fail is corrected for the number of items (Bonferroni): a test run in which nothing dropped has no fail with
    probability 1 - alpha. A pass is not, since the claim that nothing dropped needs every item to pass (an
    intersection-union test). Both are corrected for the number of interim analyses.

    Args:
        alpha: the error rate of the whole test run.
        family_size: the number of items.
        counts: the numbers of seeds at the interim analyses, rising; with fewer than two, there is a single analysis.

    Raises:
        ValueError: a value out of range.
    """
    if not 0 < alpha < 0.5:
        raise ValueError(f"alpha {alpha!r}; accepted: a probability above 0 and below 0.5")
    of_fail = bonferroni(alpha, family_size)
    return (nominal_alpha(counts, of_fail), nominal_alpha(counts, alpha)) if len(counts) > 1 else (of_fail, alpha)


def bonferroni(alpha: float, family_size: int) -> float:
    """Return the error rate of one of `family_size` tests that keeps the family-wise error rate at alpha.

    It needs only the number of items, which every worker knows after collection, and holds for any dependence.

    Raises:
        ValueError: a family size below 1.
    """
    if family_size < 1:
        raise ValueError(f"family size {family_size!r}; accepted: 1 or more")
    return alpha / family_size


def holm_p_values(p_values: ArrayLike) -> Floats:
    """Return p values adjusted for their number (Holm 1979), to be compared with alpha itself; same shape, (m,).

    Holm rejects all that Bonferroni rejects and some more, at the same family-wise error rate. NaN, for a test that
    was not possible, stays NaN and counts towards m.

    Raises:
        ValueError: a p value outside 0 to 1, or more than one dimension.
    """
    p = np.asarray(p_values, np.float64)
    filled = np.where(np.isnan(p), 1.0, p)
    if p.ndim != 1 or ((filled < 0) | (filled > 1)).any():
        raise ValueError(f"p values {p_values!r}; accepted: a sequence of numbers from 0 to 1")
    order = np.argsort(filled, kind="stable")
    adjusted = np.empty_like(filled)
    adjusted[order] = np.minimum(np.maximum.accumulate(filled[order] * (p.size - np.arange(p.size))), 1.0)
    return np.where(np.isnan(p), np.nan, adjusted)


def interim_analyses(first: int, last: int) -> tuple[int, ...]:
    """Return the numbers of seeds after which a verdict is tried, from `first` to `last`.

    Raises:
        ValueError: `first` below 1, or `last` below `first`.
    """
    if first < 1 or last < first:
        raise ValueError(f"interim analyses from {first} to {last} seeds; accepted: 1 <= first <= last")
    counts = [first]
    while counts[-1] < last:
        counts.append(min(last, max(counts[-1] + 1, round(counts[-1] * ANALYSIS_GROWTH))))
    return tuple(counts)


def nominal_alpha(counts: Sequence[int], alpha: float) -> float:
    """Return the error rate of each interim analysis that keeps the rate of all together at alpha (Pocock 1977).

    The standardised differences after k and l seeds are normal with correlation sqrt(k / l) if all variance comes
    from the candidate's seeds. Variance that the analyses share (examples, the baseline's seeds) raises the
    correlation and so lowers the error. The rate for normal statistics is used for t statistics too, as Pocock does
    (the significance level approach); the benchmark `calibration` checks it. It is at least alpha / len(counts).

    Args:
        counts: the numbers of seeds at the interim analyses, rising.
        alpha: the error rate of the whole sequence.

    Raises:
        ValueError: counts that do not rise, or alpha out of range.
    """
    return _nominal_alpha(tuple(counts), alpha)


@lru_cache(maxsize=256)
def _nominal_alpha(counts: tuple[int, ...], alpha: float) -> float:
    if not counts or counts[0] < 1 or any(later <= earlier for earlier, later in pairwise(counts)):
        raise ValueError(f"interim analyses {counts!r}; accepted: rising numbers of seeds")
    if not 0 < alpha < 0.5:
        raise ValueError(f"alpha {alpha!r}; accepted: a probability above 0 and below 0.5")
    low, high = alpha / len(counts), alpha
    for _ in range(24):
        middle = (low + high) / 2
        low, high = (middle, high) if _crossing(counts, -float(ndtri(middle))) <= alpha else (low, middle)
    return low


def _crossing(counts: Sequence[int], bound: float, points: int = 301) -> float:
    """Return the probability that any of the statistics exceeds the bound (Armitage, McPherson and Rowe 1969).

    The sum over seeds is a random walk. The density of the paths that have not crossed is carried on a grid from one
    interim analysis to the next.
    """
    not_crossed = float(ndtr(bound))
    grid = np.linspace(-8, bound, points)
    step = (bound + 8) / (points - 1)
    weights = np.full(points, step)
    weights[[0, -1]] /= 2
    density = np.exp(-(grid**2) / 2) / math.sqrt(2 * math.pi)
    for earlier, later in pairwise(counts):
        rho = math.sqrt(earlier / later)
        deviation = math.sqrt(1 - rho**2)
        z = (grid[:, None] - rho * grid[None, :]) / deviation
        density = np.exp(-(z**2) / 2) / (deviation * math.sqrt(2 * math.pi)) @ (weights * density)
        not_crossed = float(weights @ density)
    return 1 - not_crossed
