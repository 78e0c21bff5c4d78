"""What a comparison can see: the smallest visible drop, and the seeds that an allowed drop needs."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammaln, ndtri, stdtrit

from pytest_glue.statistics.metrics import Floats
from pytest_glue.statistics.variance import BORROWED, ScoredRuns, VarianceComponents, variance_components

POWER = 0.80
"""The share of comparisons in which a drop of the printed size is seen."""
_AIM = 0.84
"""What the formula aims at to reach `POWER`: it takes the degrees of freedom for known, and they are estimated too."""
CHANGED_EXAMPLES_SHARE = 0.25
"""The least that a checkpoint which dropped differs from its predecessor in its expectation, example by example: this
share of what its runs differ by from that expectation."""
MAX_SEEDS = 1000
"""More seeds than this a side are not proposed."""


def minimum_detectable_drop(
    variance_components: VarianceComponents, alpha: float, metric: str, baseline_score: ArrayLike
) -> Floats:
    """Return the smallest drop that the next comparison with the same seeds and split sees with a power of `POWER`.

    To see a drop is to tell it from no drop at a one-sided error rate of alpha. By symmetry an unchanged checkpoint
    passes with this power where `max_drop` is as large. A drop also adds noise of its own: the candidate's runs
    spread more at a lower score (`variance_inflation`), and it finds other examples hard than its predecessor did
    (`CHANGED_EXAMPLES_SHARE`).
    Shape (...); NaN where the seeds' part of the noise is unknown.
    """
    c = detectable_effect(variance_components.forecast_degrees_of_freedom, alpha)
    examples = np.maximum(variance_components.examples, CHANGED_EXAMPLES_SHARE * variance_components.residual_variance)
    score = np.asarray(baseline_score, np.float64)
    return _solve(c, variance_components.seeds + examples, metric, score, variance_components.candidate_share)


def variance_inflation(metric: str, score: ArrayLike, drop: ArrayLike) -> Floats:
    """Return the factor by which a variance of this score grows when it drops: at least 1.

    It goes by p (1 - p) for a share, by 1 - r^2 for Matthews and by (1 - r^2)^2 for a correlation.
    """
    s, d = np.asarray(score, np.float64), np.asarray(drop, np.float64)
    if metric in {"accuracy", "f1"}:
        return np.maximum(_share(s - d) / _share(s), 1.0)
    power = 1 if metric == "matthews_correlation" else 2
    return np.maximum(_residual(s - d) / _residual(s), 1.0) ** power


def _share(p: Floats) -> Floats:
    inside = np.clip(p, 0.5, 0.99)
    return inside * (1 - inside)


def _residual(r: Floats) -> Floats:
    return 1 - np.clip(r, 0.0, 0.99) ** 2


def _solve(c: Floats, variance: Floats, metric: str, score: Floats, share: float = 0.5) -> Floats:
    """Return the drop d with d = c sqrt(variance grown by d on the candidate's side), by fixed-point iteration."""
    still = c * np.sqrt(variance)
    drop = still
    for _ in range(20):
        drop = still * np.sqrt(1 + share * (variance_inflation(metric, score, drop) - 1))
    return drop


def detectable_effect(degrees_of_freedom: ArrayLike, alpha: float, power: float = _AIM) -> Floats:
    """Return the smallest visible drop in units of its estimated standard error s.

    A later comparison sees a drop of c s when Z + c s > t s', with Z normal and s' its own estimate of the standard
    error, independent of s (Browne 1995 for the point: a plug-in of s ignores that s is uncertain and misses the
    power). With s and s' taken as normal with a chi variable's moments, the c of a given power solves a quadratic.
    """
    df = np.asarray(degrees_of_freedom, np.float64)
    t, z = stdtrit(df, 1 - alpha), ndtri(power)
    mean = np.exp(gammaln((df + 1) / 2) - gammaln(df / 2)) * np.sqrt(2 / df)
    variance = 1 - mean**2
    # (c - t)^2 mean^2 = z^2 (1 + (c^2 + t^2) variance)
    square = mean**2 - z**2 * variance
    rest = (t**2 * mean**2 - z**2 * (1 + t**2 * variance)) / square
    half = t * mean**2 / square
    return np.where(square > 0, half + np.sqrt(np.maximum(half**2 - rest, 0)), np.inf)


def seeds_needed(
    variance_components: VarianceComponents,
    seeds: tuple[int, int],
    max_drop: float,
    alpha: float,
    metric: str,
    baseline_score: float,
) -> int | None:
    """Return the seeds a side with which a drop of `max_drop` is visible; None where no number of seeds is enough.

    It is a forecast from the noise seen so far: the seeds' part shrinks with their number, the examples' part stays.

    Args:
        variance_components: of a single comparison.
        seeds: the numbers of runs that it came from, candidate and baseline.
        max_drop: the allowed drop, as a fraction.
        alpha: the one-sided error rate.
        metric: its name.
        baseline_score: the baseline's mean.
    """
    if not np.isfinite(variance_components.seeds) or max_drop <= 0:
        return None
    k = np.arange(2, MAX_SEEDS + 1)
    seeds_part = 2 * variance_components.seeds / sum(1 / count for count in seeds) / k
    examples = np.full(
        k.shape,
        np.maximum(variance_components.examples, CHANGED_EXAMPLES_SHARE * variance_components.residual_variance),
    )
    squares = seeds_part**2 / (2 * (k - 1)) + examples**2 / variance_components.examples_degrees_of_freedom
    total = seeds_part + examples
    df = np.where(squares > 0, total**2 / np.where(squares > 0, squares, 1), 2 * (k - 1))
    score = np.full(k.shape, baseline_score)
    enough = _solve(detectable_effect(df, alpha), total, metric, score) <= max_drop
    return int(k[np.argmax(enough)]) if enough.any() else None


def minimum_detectable_drops(
    predictions: ArrayLike, references: ArrayLike, metric: str, seeds: Sequence[int], *, alpha: float = 0.05
) -> dict[int, float]:
    """Return the smallest drop that a candidate of so many seeds will show, for each number of seeds.

    The candidate is taken to vary between seeds as the baseline does, and to differ from it on as few examples as a
    checkpoint does that dropped.

    Args:
        predictions: of the baseline, shape (k, n).
        references: shape (n,).
        metric: one of `score.METRIC_NAMES`.
        seeds: numbers of the candidate's seeds.
        alpha: the one-sided error rate.

    Returns:
        By the number of seeds, as fractions; nothing for a baseline of one run, which does not tell its spread.
    """
    runs = ScoredRuns.of(metric, predictions, references)
    if runs.k < 2 or np.isnan(runs.scores).any():
        return {}
    against_itself = variance_components(runs, runs)
    of_run = against_itself.seeds * runs.k / 2
    drops = {}
    for count in seeds:
        candidate = BORROWED if count == 1 else 1 / count
        squares = 0.0 if count == 1 else 1 / (count**2 * (count - 1))
        total, squares = candidate + 1 / runs.k, squares + 1 / (runs.k**2 * (runs.k - 1))
        df = np.asarray(runs.k - 1.0 if count == 1 else total**2 / squares)
        planned = against_itself._replace(seeds=of_run * total, degrees_of_freedom=df, forecast_degrees_of_freedom=df)
        drop = float(minimum_detectable_drop(planned, alpha, metric, runs.scores.mean()))
        if np.isfinite(drop):
            drops[count] = drop
    return drops
