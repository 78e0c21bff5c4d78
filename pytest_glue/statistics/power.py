"""Statistical power of a comparison: the minimum detectable drop, and the seeds that an allowed drop needs."""

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import nctdtrinc, ndtr, ndtri, stdtrit

from pytest_glue.statistics.dropped_variance import dropped_variance
from pytest_glue.statistics.estimated_variance import estimated_error, points
from pytest_glue.statistics.metrics import Floats
from pytest_glue.statistics.run_variance import RunVariance

TARGET_POWER = 0.80
"""The power with which the minimum detectable drop is detected."""
STEPS = 20
"""Of the bisection for a drop."""
MAX_SEEDS = 1000
"""The largest number of seeds on each side that is proposed."""


def power(run: RunVariance, seeds: tuple[int, int], drop: ArrayLike, alpha: float) -> Floats:
    """Return the probability that a comparison detects a drop, against no drop at the one-sided error rate alpha.

    The difference is normal. The variances that the test estimates have chi-squared distributions around those that
    are expected after the drop; the rule of `variance.variance_components` is applied to points of them.

    Args:
        run: the variance of one run's score.
        seeds: the numbers of runs, candidate and baseline.
        drop: the true drop, shape (...).
        alpha: the one-sided error rate of this test.

    Returns:
        Shape (...); NaN if the variance between seeds is unknown.
    """
    dropped = dropped_variance(run, seeds, np.asarray(drop, np.float64)[..., np.newaxis])
    squares, df = estimated_error(run, seeds, dropped)
    beyond = dropped.drop - _critical_value(df, alpha) * np.sqrt(squares)
    distance = beyond / np.sqrt(np.maximum(dropped.variance, 1e-24)) + dropped.skew * ndtri(points()[:, 2])
    return np.asarray(ndtr(distance / np.sqrt(1 - dropped.skew**2)).mean(axis=-1))


def minimum_detectable_drop(run: RunVariance, seeds: tuple[int, int], alpha: float) -> Floats:
    """Return the smallest drop that a comparison detects with a power of 0.80.

    By symmetry, an unchanged checkpoint passes with this power if `max_drop` is as large.

    Args:
        run: the variance of one run's score.
        seeds: the numbers of runs, candidate and baseline.
        alpha: the one-sided error rate of this test.

    Returns:
        Shape (...), at least the drop that one example causes; NaN if no drop that the score leaves is detectable, or
        the variance between seeds is unknown.
    """
    high = np.broadcast_to(_reach(run), np.shape(run.seeds)).astype(np.float64)
    low = np.zeros_like(high)
    is_detectable = (high > 0) & (power(run, seeds, high, alpha) >= TARGET_POWER)
    for _ in range(STEPS):
        middle = (low + high) / 2
        is_enough = power(run, seeds, middle, alpha) >= TARGET_POWER
        low, high = np.where(is_enough, low, middle), np.where(is_enough, middle, high)
    return np.where(is_detectable, np.maximum(high, np.minimum(run.least_drop, run.largest_drop)), np.nan)


def _reach(run: RunVariance) -> Floats:
    """Return the largest drop that is tried; without a worst score, one far beyond the noise."""
    largest, deviation = run.largest_drop, np.sqrt(run.seeds + np.asarray(run.examples))
    return np.where(np.isfinite(largest), largest, np.abs(run.score) + 100 * deviation)


def seeds_needed(run: RunVariance, max_drop: float, alpha: float) -> int | None:
    """Return the number of seeds on each side with which a drop of `max_drop` is detected with a power of 0.80.

    More seeds reduce the seeds' part of the variance; the examples' part stays.

    Returns:
        None if no number up to `MAX_SEEDS` is enough, no drop is allowed, the score cannot drop by so much, or the
        variance between seeds is unknown.
    """
    if not (np.isfinite(run.seeds) and 0 < max_drop <= run.largest_drop):
        return None

    def is_enough(count: int) -> bool:
        return bool(power(run, (count, count), max_drop, alpha) >= TARGET_POWER)

    if max_drop < run.least_drop or not is_enough(MAX_SEEDS):
        return None
    low, high = 1, MAX_SEEDS
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if is_enough(middle) else (middle, high)
    return high


def detectable_effect(degrees_of_freedom: float, alpha: float) -> float:
    """Return the drop that a t test detects with a power of 0.80, in units of its true standard error.

    It is the noncentrality of Student's t distribution that has this power.
    """
    return float(nctdtrinc(degrees_of_freedom, 1 - TARGET_POWER, stdtrit(degrees_of_freedom, 1 - alpha)))


def _critical_value(df: Floats, alpha: float) -> Floats:
    """Return quantiles of Student's t, interpolated between 400 reciprocals of the degrees of freedom."""
    return np.interp(1 / df, *_quantiles(alpha))


@lru_cache(maxsize=64)
def _quantiles(alpha: float) -> tuple[Floats, Floats]:
    reciprocals = np.linspace(0.0, 1.0, 401)
    return reciprocals, np.asarray(stdtrit(1 / np.maximum(reciprocals, 1e-9), 1 - alpha), np.float64)
