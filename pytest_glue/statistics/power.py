"""Statistical power of a comparison: the minimum detectable drop, and the seeds that an allowed drop needs."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammaincinv, ndtr, ndtri, stdtrit

from pytest_glue.core.metrics import find_metric
from pytest_glue.statistics.metrics import Floats
from pytest_glue.statistics.run_variance import RunVariance
from pytest_glue.statistics.scale import FISHER_METRICS
from pytest_glue.statistics.scored_runs import FIXED_SEEDS
from pytest_glue.statistics.variance import (
    BORROWED_VARIANCE_FACTOR,
    SEED_VARIANCE_FACTOR,
    design_degrees_of_freedom,
    limited_degrees_of_freedom,
)

TARGET_POWER = 0.80
"""The power with which the minimum detectable drop is detected."""
CHANGE_VARIANCE = 0.3
"""A checkpoint that dropped finds other examples hard: the variance of the changes of difficulty, in units of the
variance of a run's prediction of one example."""
NUMBERS_SKEW = 0.6
"""Of a metric of numbers: how strongly the difference and its estimated variance between examples are correlated."""
NUMBERS_TAILS = 8
"""Of a metric of numbers: so many examples give as much information on the variance between examples as one with normal
influence does."""
LARGEST_GROWTH = 25.0
"""By how much a mean squared error is taken to grow at most; more makes no difference to a drop that large."""
MAX_SEEDS = 1000
"""The largest number of seeds on each side that is proposed."""
POINTS = 128
"""Points of the integration over the estimated variances; its error is below 0.01."""


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
    dropped = _dropped(run, seeds, np.asarray(drop, np.float64)[..., np.newaxis])
    squares, df = _test_statistics(run, seeds, dropped)
    deviation, examples_z = np.sqrt(dropped.variance), ndtri(_points()[:, 2])
    distance = (dropped.drop - _critical_value(df, alpha) * np.sqrt(squares)) / np.maximum(
        deviation, 1e-12
    ) + dropped.skew * examples_z
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
    for _ in range(24):
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
    critical = float(stdtrit(degrees_of_freedom, 1 - alpha))
    estimated = np.sqrt(2 * gammaincinv(degrees_of_freedom / 2, _points()[:, 0]) / degrees_of_freedom)
    low, high = 0.0, 10 * critical
    for _ in range(40):
        middle = (low + high) / 2
        is_enough = ndtr(middle - critical * estimated).mean() >= TARGET_POWER
        low, high = (low, middle) if is_enough else (middle, high)
    return high


def variance_inflation(metric: str, score: ArrayLike, drop: ArrayLike) -> Floats:
    """Return the factor, at least 1, by which the variance of a score grows if the score drops.

    The variance is taken as proportional to p (1 - p) for shares such as accuracy, F1 and areas under curves, 1 - r^2
    for Matthews and kappa, (1 - r^2)^2 for a correlation, and to the mean squared error itself: that of e^2 is 4 e^2
    times the variance of the predictions. Of other metrics, it is taken as constant.

    Args:
        metric: a name of `core.metrics.METRICS`.
        score: before the drop, shape (...), oriented.
        drop: shape (...).
    """
    s, d = np.asarray(score, np.float64), np.asarray(drop, np.float64)
    if metric == "mse":
        return np.clip((s - d) / np.minimum(s, -1e-300), 1.0, LARGEST_GROWTH)
    of_metric = find_metric(metric)
    if of_metric.greater_is_better and (of_metric.low, of_metric.high) == (0.0, 1.0):
        return np.maximum(_share_variance(s - d) / _share_variance(s), 1.0)
    if not of_metric.is_correlation and metric != "cohen_kappa":
        return np.ones(np.broadcast_shapes(s.shape, d.shape))
    exponent = 1 if metric in {"matthews_correlation", "cohen_kappa"} else 2
    return np.maximum(_unexplained(s - d) / _unexplained(s), 1.0) ** exponent


class _Dropped(NamedTuple):
    """The variances of a comparison whose candidate dropped; arrays of shape (..., 1)."""

    drop: Floats
    of_candidate: Floats
    """Of one run's score."""
    of_baseline: Floats
    residual_candidate: Floats
    """The part of it that is due to the interaction with examples."""
    residual_baseline: Floats
    examples: Floats
    """The examples' part of the variance of the difference."""
    examples_df: Floats
    """The effective number of examples that differ, less 1."""
    variance: Floats
    """Of the difference."""
    skew: Floats
    """The correlation of the difference and the variance between examples that the test estimates."""


def _dropped(run: RunVariance, seeds: tuple[int, int], drop: Floats) -> _Dropped:
    """Return what a drop does to the variances.

    A seed that shifts the quality of a run changes the score in proportion to the number of examples near the decision
    boundary, so its variance grows with the square of the residual variance (for a correlation, with its power 3/2;
    for other metrics of numbers, in proportion to it).
    """
    of_run, residual, step = (np.asarray(each)[..., np.newaxis] for each in (run.seeds, run.residual, run.example_step))
    inflation = variance_inflation(run.metric, np.asarray(run.score)[..., np.newaxis], drop)
    is_of_numbers = not np.any(step)
    of_shifts = (1.5 if find_metric(run.metric).is_correlation else 1) if is_of_numbers else 2
    shifts = np.maximum(of_run - residual, 0.0) * inflation**of_shifts
    of_candidate, residual_candidate = shifts + residual * inflation, residual * inflation
    effect = np.asarray(run.groups.effect)[..., np.newaxis]
    of_one = residual * run.n_examples / effect  # the variance of one example's influence between runs
    changed = effect * _squared_change(of_one, step, drop) / run.n_examples
    examples = np.maximum(np.asarray(run.examples)[..., np.newaxis], changed)
    if run.metric in FISHER_METRICS:  # in units of the score at its value before the drop
        drop, slope = _on_test_scale(run, drop)
        of_candidate, residual_candidate, examples = (
            of_candidate * slope**2,
            residual_candidate * slope**2,
            examples * slope,
        )
    variance = of_candidate / seeds[0] + of_run / seeds[1] + examples
    if is_of_numbers:
        tails = np.full_like(variance, NUMBERS_TAILS)
        skew = np.full_like(variance, NUMBERS_SKEW)
    else:
        tails, skew = _examples_distribution(run, seeds, (of_one, step, drop), examples, variance)
    kurtosis = run.groups.kurtosis(tails)
    skew = skew * np.sqrt(run.groups.shared[..., np.newaxis] * tails / kurtosis)
    df = run.groups.degrees_of_freedom(kurtosis)
    return _Dropped(drop, of_candidate, of_run, residual_candidate, residual, examples, df, variance, skew)


def _on_test_scale(run: RunVariance, drop: Floats) -> tuple[Floats, Floats]:
    """Return the drop of a correlation on the scale of Fisher's z, and the slope of that scale after the drop.

    Both are divided by the slope before the drop: a small drop stays as it is, and its slope is 1.
    """
    before = np.clip(np.asarray(run.score)[..., np.newaxis], -_LARGEST, _LARGEST)
    after = np.clip(before - drop, -_LARGEST, _LARGEST)
    unit = _unexplained(before)
    return unit * (np.arctanh(before) - np.arctanh(after)), unit / _unexplained(after)


_LARGEST = 1 - 1e-6
"""The largest correlation with a finite z."""


def _squared_change(of_one: Floats, step: Floats, drop: Floats) -> Floats:
    """Return the mean square, over examples, of the change of the expected influence if the score drops.

    Runs predict an example by the sign of a margin with normal noise, and the margins' density is even near 0. The
    drop shifts the margins by r units of the noise, and `CHANGE_VARIANCE` scatters them. The mean square is then
    s^2 a (E|N(r, 2 + CHANGE_VARIANCE)| - 2 / sqrt(pi)) with s the step and s^2 a = sqrt(pi) of_one. If all runs agree,
    it is step times drop: each example that changes does so in all runs.
    """
    scattered = 2 * of_one * (np.sqrt(1 + CHANGE_VARIANCE / 2) - 1)
    if not np.any(step):
        return np.asarray(scattered + 1.5 * drop**2, np.float64)
    scale = np.maximum(of_one, 1e-12 * step**2) * np.sqrt(np.pi)
    shift, deviation = drop * step / scale, np.sqrt(2 + CHANGE_VARIANCE)
    density = np.exp(-((shift / deviation) ** 2) / 2) * np.sqrt(2 / np.pi)
    mean_absolute = deviation * density + shift * (1 - 2 * ndtr(-shift / deviation))
    return np.asarray(np.maximum(scale * (mean_absolute - 2 / np.sqrt(np.pi)) - drop**2, 0.0), np.float64)


def _examples_distribution(
    run: RunVariance,
    seeds: tuple[int, int],
    of_one_step_drop: tuple[Floats, Floats, Floats],
    examples: Floats,
    variance: Floats,
) -> tuple[Floats, Floats]:
    """Return the kurtosis of the examples' differences, and the correlation of their variance with the difference.

    Both follow from the third and fourth moments of the examples' differences, under the model of `_squared_change`:
    an example whose runs disagree has a variance of about 0.2 on average, in squared steps.
    """
    of_one, step, drop = of_one_step_drop
    of_means = sum(1 / k for k in seeds)
    seeds_part = of_one * of_means
    each = examples * run.n_examples / np.asarray(run.groups.effect)[..., np.newaxis]
    shift = (drop * step / np.maximum(of_one * np.sqrt(np.pi), 1e-12 * step**2)) ** 2
    whole = (shift + 0.2) / (shift + 2) * each  # of examples that change in nearly all runs
    mixed = 0.2 * of_means / (1 + shift)  # of examples that change in some runs
    fourth = step**2 * (0.4 * seeds_part * of_means + 6 * mixed * each + whole)
    third = step * whole + 3 * mixed * step**2 * drop
    squared = (seeds_part + each) ** 2
    kurtosis = np.maximum(fourth, 1e-30) / np.maximum(squared, 1e-30)
    of_mean = variance / np.asarray(run.groups.effect)[..., np.newaxis]
    skew = third / np.sqrt(np.maximum(run.n_examples * of_mean * fourth, 1e-30))
    return kurtosis, np.clip(skew, 0.0, 0.85)


def _test_statistics(run: RunVariance, seeds: tuple[int, int], dropped: _Dropped) -> tuple[Floats, Floats]:
    """Return the squared standard error and the degrees of freedom of the test, (..., POINTS), as `variance` does."""
    residuals = [dropped.residual_candidate, dropped.residual_baseline]
    total = dropped.examples + residuals[0] / seeds[0] + residuals[1] / seeds[1]
    total = total * _chi_squared(2 * (dropped.examples_df + 1))
    examples_squares = total**2 / dropped.examples_df
    chosen = [k for k in seeds if k < FIXED_SEEDS]
    if max(chosen, default=1) == 1:  # no side measures the variance between seeds
        published_df = np.inf if run.published is None else run.published.degrees_of_freedom
        seeds_part = len(chosen) * SEED_VARIANCE_FACTOR * dropped.of_baseline
        squared = seeds_part + total
        return squared, _satterthwaite(squared, examples_squares + seeds_part**2 / published_df)
    measured = [_measured(dropped.of_candidate, seeds[0], 0), _measured(dropped.of_baseline, seeds[1], 1)]
    if 1 in seeds:  # one side takes the variance of the other
        known = 1 - seeds.index(1)
        measured, residuals = [measured[known]] * 2, [residuals[known]] * 2
    shares = [BORROWED_VARIANCE_FACTOR if k == 1 else 1 / k for k in seeds]
    parts = [share * each for share, each in zip(shares, measured, strict=True)]
    if 1 in seeds:
        squares = (parts[0] + parts[1]) ** 2 / (max(seeds) - 1)
    else:
        squares = parts[0] ** 2 / (seeds[0] - 1) + parts[1] ** 2 / (seeds[1] - 1)
    at_least = [np.maximum(each, residual) for each, residual in zip(measured, residuals, strict=True)]
    seeds_part = shares[0] * at_least[0] + shares[1] * at_least[1]
    squares = np.maximum(squares, seeds_part**2 / design_degrees_of_freedom(*seeds))
    residual = residuals[0] / seeds[0] + residuals[1] / seeds[1]
    squared = seeds_part + np.maximum(total - residual, 0.0)
    df = _satterthwaite(squared, squares + examples_squares)
    return squared, limited_degrees_of_freedom(df, *seeds)


def _measured(of_run: Floats, k: int, axis: int) -> Floats:
    """Return points of the variance of k scores, as a comparison measures it; 0 of one score."""
    if k == 1:
        return np.zeros_like(of_run)
    return SEED_VARIANCE_FACTOR * of_run * 2 * gammaincinv((k - 1) / 2, _points()[:, axis]) / (k - 1)


def _chi_squared(df: Floats) -> Floats:
    """Return points of a chi-squared variable over its degrees of freedom (Wilson and Hilferty 1931)."""
    spread = 2 / (9 * df)
    return np.maximum(1 - spread + ndtri(_points()[:, 2]) * np.sqrt(spread), 0.0) ** 3


def _satterthwaite(total: Floats, squares: Floats) -> Floats:
    return np.maximum(total**2 / np.maximum(squares, 1e-300), 1.0)


def _critical_value(df: Floats, alpha: float) -> Floats:
    """Return quantiles of Student's t, interpolated between 400 reciprocals of the degrees of freedom."""
    return np.interp(1 / df, *_quantiles(alpha))


@lru_cache(maxsize=64)
def _quantiles(alpha: float) -> tuple[Floats, Floats]:
    reciprocals = np.linspace(0.0, 1.0, 401)
    return reciprocals, np.asarray(stdtrit(1 / np.maximum(reciprocals, 1e-9), 1 - alpha), np.float64)


@lru_cache(maxsize=1)
def _points() -> Floats:
    """Return evenly spread points of the unit cube, (POINTS, 3), by Roberts' extension of the golden ratio."""
    ratio = 1.2207440846057596
    steps = np.arange(POINTS)[:, np.newaxis] * ratio ** -np.arange(1.0, 4.0)
    return np.clip((0.5 + steps) % 1, 0.5 / POINTS, 1 - 0.5 / POINTS)


def _share_variance(p: Floats) -> Floats:
    inside = np.clip(p, 0.5, 0.99)
    return inside * (1 - inside)


def _unexplained(r: Floats) -> Floats:
    return 1 - np.clip(r, 0.0, 0.99) ** 2
