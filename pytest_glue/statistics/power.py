"""Statistical power of a comparison: the minimum detectable drop, and the seeds that an allowed drop needs."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammaln, ndtri, stdtrit

from pytest_glue.statistics.metrics import Floats
from pytest_glue.statistics.scored_runs import ScoredRuns
from pytest_glue.statistics.variance import BORROWED_VARIANCE_FACTOR, VarianceComponents, variance_components

TARGET_POWER = 0.84
"""The power that the formula aims at for the minimum detectable drop to be detected with power 0.80. The formula takes
the degrees of freedom for known; they are estimated too."""
CHANGED_RESIDUAL_SHARE = 0.25
"""A checkpoint that dropped differs from its predecessor in the expected prediction of examples. The least variance of
that difference, as a share of the residual variance of its runs."""
MAX_SEEDS = 1000
"""The largest number of seeds on each side that is proposed."""


def minimum_detectable_drop(
    components: VarianceComponents, alpha: float, metric: str, baseline_score: ArrayLike
) -> Floats:
    """Return the smallest drop that the next comparison with these seeds and this split detects with power 0.80.

    A drop is detected if it is significant against no drop at the one-sided error rate alpha. By symmetry, an
    unchanged checkpoint passes with this power if `max_drop` is as large. A drop adds variance: the candidate's runs
    vary more at a lower score (`variance_inflation`), and other examples become hard (`CHANGED_RESIDUAL_SHARE`).

    Returns:
        Shape (...), that of the components; NaN if the variance between seeds is unknown.
    """
    c = detectable_effect(components.forecast_degrees_of_freedom, alpha)
    variance = components.seeds + _changed_examples(components)
    return _solve(c, variance, metric, np.asarray(baseline_score, np.float64), components.candidate_share)


def variance_inflation(metric: str, score: ArrayLike, drop: ArrayLike) -> Floats:
    """Return the factor, at least 1, by which the variance of a score grows if the score drops.

    The variance is taken as proportional to p (1 - p) for accuracy and F1, 1 - r^2 for Matthews, and (1 - r^2)^2 for
    a correlation.
    """
    s, d = np.asarray(score, np.float64), np.asarray(drop, np.float64)
    if metric in {"accuracy", "f1"}:
        return np.maximum(_share_variance(s - d) / _share_variance(s), 1.0)
    power = 1 if metric == "matthews_correlation" else 2
    return np.maximum(_unexplained(s - d) / _unexplained(s), 1.0) ** power


def detectable_effect(degrees_of_freedom: ArrayLike, alpha: float, power: float = TARGET_POWER) -> Floats:
    """Return the minimum detectable drop in units of its estimated standard error s.

    A later comparison detects a drop of c s if Z + c s > t s', with Z normal and s' its own estimate of the standard
    error, independent of s. (A formula that takes s for known misses the power, see Browne 1995.) With s and s' taken
    as normal with a chi variable's moments, c solves (c - t)^2 mean^2 = z^2 (1 + (c^2 + t^2) variance).
    """
    df = np.asarray(degrees_of_freedom, np.float64)
    t, z = stdtrit(df, 1 - alpha), ndtri(power)
    mean = np.exp(gammaln((df + 1) / 2) - gammaln(df / 2)) * np.sqrt(2 / df)
    variance = 1 - mean**2
    square = mean**2 - z**2 * variance
    rest = (t**2 * mean**2 - z**2 * (1 + t**2 * variance)) / square
    half = t * mean**2 / square
    return np.where(square > 0, half + np.sqrt(np.maximum(half**2 - rest, 0)), np.inf)


def seeds_needed(
    components: VarianceComponents,
    seeds: tuple[int, int],
    max_drop: float,
    alpha: float,
    metric: str,
    baseline_score: float,
) -> int | None:
    """Return the number of seeds on each side with which a drop of `max_drop` is detectable.

    More seeds reduce the seeds' part of the variance; the examples' part stays.

    Args:
        components: of a single comparison.
        seeds: the numbers of its runs, candidate and baseline.
        max_drop: the allowed drop, as a fraction.
        alpha: the one-sided error rate.
        metric: a name of `core.metrics.METRICS`.
        baseline_score: the baseline's mean.

    Returns:
        None if no number up to `MAX_SEEDS` is enough, no drop is allowed, or the variance between seeds is unknown.
    """
    if not np.isfinite(components.seeds) or max_drop <= 0:
        return None
    k = np.arange(2, MAX_SEEDS + 1)
    seeds_part = 2 * components.seeds / sum(1 / count for count in seeds) / k
    examples = np.full(k.shape, _changed_examples(components))
    squares = seeds_part**2 / (2 * (k - 1)) + examples**2 / components.examples_degrees_of_freedom
    total = seeds_part + examples
    df = np.where(squares > 0, total**2 / np.where(squares > 0, squares, 1), 2 * (k - 1))
    score = np.full(k.shape, baseline_score)
    is_enough = _solve(detectable_effect(df, alpha), total, metric, score) <= max_drop
    return int(k[np.argmax(is_enough)]) if is_enough.any() else None


def minimum_detectable_drops(
    predictions: ArrayLike,
    references: ArrayLike,
    metric: str,
    seeds: Sequence[int],
    *,
    alpha: float = 0.05,
    groups: ArrayLike | None = None,
) -> dict[int, float]:
    """Return the minimum detectable drop of candidates to come, by their number of seeds.

    A candidate is assumed to vary between seeds as the baseline does, and to differ from it by no more examples than
    `CHANGED_RESIDUAL_SHARE` says.

    Args:
        predictions: of the baseline, shape (k, n).
        references: shape (n,).
        metric: a name of `core.metrics.METRICS`.
        seeds: numbers of the candidate's seeds.
        alpha: the one-sided error rate.
        groups: of the examples that depend on each other, shape (n,); None if all are independent.

    Returns:
        Fractions by number of seeds; empty for a baseline of one run, whose variance between seeds is unknown.
    """
    runs = ScoredRuns.of(metric, predictions, references, groups)
    if runs.k < 2 or np.isnan(runs.scores).any():
        return {}
    unchanged = variance_components(runs, runs)
    of_run = unchanged.seeds * runs.k / 2
    drops = {}
    for count in seeds:
        of_candidate = BORROWED_VARIANCE_FACTOR if count == 1 else 1 / count
        squares = 0.0 if count == 1 else 1 / (count**2 * (count - 1))
        total, squares = of_candidate + 1 / runs.k, squares + 1 / (runs.k**2 * (runs.k - 1))
        df = np.asarray(runs.k - 1.0 if count == 1 else total**2 / squares)
        planned = unchanged._replace(seeds=of_run * total, degrees_of_freedom=df, forecast_degrees_of_freedom=df)
        drop = float(minimum_detectable_drop(planned, alpha, metric, runs.scores.mean()))
        if np.isfinite(drop):
            drops[count] = drop
    return drops


def _changed_examples(components: VarianceComponents) -> Floats:
    """Return the examples' part of the variance for a candidate that changed."""
    return np.maximum(components.examples, CHANGED_RESIDUAL_SHARE * components.residual_variance)


def _solve(c: Floats, variance: Floats, metric: str, score: Floats, candidate_share: float = 0.5) -> Floats:
    """Return the drop d with d = c sqrt(variance, inflated by d on the candidate's side), by fixed-point iteration."""
    uninflated = c * np.sqrt(variance)
    drop = uninflated
    for _ in range(20):
        drop = uninflated * np.sqrt(1 + candidate_share * (variance_inflation(metric, score, drop) - 1))
    return drop


def _share_variance(p: Floats) -> Floats:
    inside = np.clip(p, 0.5, 0.99)
    return inside * (1 - inside)


def _unexplained(r: Floats) -> Floats:
    return 1 - np.clip(r, 0.0, 0.99) ** 2
