"""More seeds only where they are needed: when to look, and the error rate of each look."""

import math
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, ndtri

from pytest_glue.statistics.metrics import Floats


def bonferroni(alpha: float, family_size: int) -> float:
    """Return the error rate at which each of `family_size` items is tested while the others are unknown.

    It needs nothing but the number of items, which every worker knows from the collection, and keeps the rate of one
    false rejection or more in the whole run at alpha, however the items depend on each other.
    """
    if family_size < 1:
        raise ValueError(f"family size {family_size!r}; accepted: 1 or more")
    return alpha / family_size


def holm_p_values(p_values: ArrayLike) -> Floats:
    """Return p values adjusted for their number (Holm 1979): compare each with alpha itself. Same shape, (m,).

    Holm rejects all that Bonferroni rejects and some more, at the same rate for the whole family. NaN, for a test
    that could not be made, stays NaN and counts as a member.
    """
    p = np.asarray(p_values, np.float64)
    filled = np.where(np.isnan(p), 1.0, p)
    if p.ndim != 1 or ((filled < 0) | (filled > 1)).any():
        raise ValueError(f"p values {p_values!r}; accepted: a sequence of numbers from 0 to 1")
    order = np.argsort(filled, kind="stable")
    adjusted = np.empty_like(filled)
    adjusted[order] = np.minimum(np.maximum.accumulate(filled[order] * (p.size - np.arange(p.size))), 1.0)
    return np.where(np.isnan(p), np.nan, adjusted)


def interim_analyses(first: int, last: int, factor: float = 1.6) -> tuple[int, ...]:
    """Return the numbers of seeds after which a verdict is tried: from `first` to `last`, each about `factor` more.

    Raises:
        ValueError: `first` below 1, `last` below `first`, or a factor of at most 1.
    """
    if first < 1 or last < first or not factor > 1:
        raise ValueError(f"looks from {first} to {last} by {factor}; accepted: 1 <= first <= last, a factor above 1")
    counts = [first]
    while counts[-1] < last:
        counts.append(min(last, max(counts[-1] + 1, round(counts[-1] * factor))))
    return tuple(counts)


def nominal_alpha(counts: Sequence[int], alpha: float) -> float:
    """Return the error rate of each single look, the same for all, that keeps the rate of all together at alpha.

    Pocock 1977: with the same rate at each look, the standardised differences at two looks of k and l seeds are
    normal with correlation sqrt(k / l) where all the noise comes from the seeds; noise that the looks share (the
    examples, the baseline's seeds) only raises it, and with it lowers the error. As there, the rate found for normal
    statistics is used for t statistics with few degrees of freedom (the significance level approach, checked by
    simulation). Never less than Bonferroni's alpha / number of looks.

    Args:
        counts: the numbers of seeds at the looks, rising.
        alpha: the error rate of the whole sequence.

    Raises:
        ValueError: counts that do not rise, or alpha out of range.
    """
    return _nominal_alpha(tuple(counts), alpha)


@lru_cache(maxsize=256)
def _nominal_alpha(counts: tuple[int, ...], alpha: float) -> float:
    if not counts or counts[0] < 1 or any(later <= earlier for earlier, later in pairwise(counts)):
        raise ValueError(f"looks {counts!r}; accepted: rising numbers of seeds")
    if not 0 < alpha < 0.5:
        raise ValueError(f"alpha {alpha!r}; accepted: a probability above 0 and below 0.5")
    low, high = alpha / len(counts), alpha
    for _ in range(24):
        middle = (low + high) / 2
        low, high = (middle, high) if _crossing(counts, -float(ndtri(middle))) <= alpha else (low, middle)
    return low


def error_rates(alpha: float, family_size: int = 1, counts: Sequence[int] = ()) -> tuple[float, float]:
    """Return the rates at which a fail and a pass of one item are tested at one look.

    A fail has the item's share of alpha (Bonferroni), so that a run in which nothing dropped is free of fails with
    probability 1 - alpha. A pass is not corrected for the number of items: the run's claim that nothing dropped needs
    every item to pass (an intersection-union test). Both are spread over the looks.

    Args:
        alpha: the error rate of the whole run.
        family_size: the items that are judged in it.
        counts: the numbers of seeds at which each item is looked at; empty for a single look.

    Raises:
        ValueError: a value out of range.
    """
    if not 0 < alpha < 0.5:
        raise ValueError(f"alpha {alpha!r}; accepted: a probability above 0 and below 0.5")
    of_fail = bonferroni(alpha, family_size)
    return (nominal_alpha(counts, of_fail), nominal_alpha(counts, alpha)) if counts else (of_fail, alpha)


def _crossing(counts: Sequence[int], bound: float, points: int = 301) -> float:
    """Return the probability that any of the statistics exceeds the bound (Armitage, McPherson and Rowe 1969).

    The sum over seeds is a random walk; its density among the paths that have not crossed is carried from look to
    look on a grid.
    """
    stays = float(ndtr(bound))
    grid = np.linspace(-8, bound, points)
    step = (bound + 8) / (points - 1)
    weights = np.full(points, step)
    weights[[0, -1]] /= 2
    density = np.exp(-(grid**2) / 2) / math.sqrt(2 * math.pi)
    for earlier, later in pairwise(counts):
        rho = math.sqrt(earlier / later)
        seed_variance = math.sqrt(1 - rho**2)
        away = (grid[:, None] - rho * grid[None, :]) / seed_variance
        density = np.exp(-(away**2) / 2) / (seed_variance * math.sqrt(2 * math.pi)) @ (weights * density)
        stays = float(weights @ density)
    return 1 - stays
