"""The variances that a comparison will estimate: points of their distributions, and the test's rule applied to them."""

from functools import lru_cache

import numpy as np
from scipy.special import gammaincinv, ndtri

from pytest_glue.statistics.dropped_variance import DroppedVariance
from pytest_glue.statistics.metrics import Floats
from pytest_glue.statistics.run_variance import RunVariance
from pytest_glue.statistics.scored_runs import FIXED_SEEDS
from pytest_glue.statistics.variance import (
    BORROWED_VARIANCE_FACTOR,
    SEED_VARIANCE_FACTOR,
    SINGLE_RUN_DEGREES_OF_FREEDOM,
    design_degrees_of_freedom,
    limited_degrees_of_freedom,
)

POINTS = 1024
"""Points of the integration over the estimated variances. Detectable drops are then within 1 % of exact ones."""


def estimated_error(run: RunVariance, seeds: tuple[int, int], dropped: DroppedVariance) -> tuple[Floats, Floats]:
    """Return the squared standard error and the degrees of freedom of the test, (..., POINTS), as `variance` does."""
    residuals = [dropped.residual_candidate, dropped.residual_baseline]
    total = dropped.examples + residuals[0] / seeds[0] + residuals[1] / seeds[1]
    total = total * _chi_squared(2 * (dropped.examples_df + 1))
    examples_squares = total**2 / dropped.examples_df
    chosen = [k for k in seeds if k < FIXED_SEEDS]
    if max(chosen, default=1) == 1:  # no side measures the variance between seeds
        published_df = np.inf if run.published is None else run.published.degrees_of_freedom
        published_df = min(published_df, SINGLE_RUN_DEGREES_OF_FREEDOM)
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
    return SEED_VARIANCE_FACTOR * of_run * _shares(k - 1, axis)


@lru_cache(maxsize=64)
def _shares(df: int, axis: int) -> Floats:
    """Return points of a chi-squared variable over its degrees of freedom."""
    return np.asarray(2 * gammaincinv(df / 2, points()[:, axis]) / df, np.float64)


def _chi_squared(df: Floats) -> Floats:
    """Return points of a chi-squared variable over any degrees of freedom (Wilson and Hilferty 1931)."""
    spread = 2 / (9 * df)
    return np.maximum(1 - spread + ndtri(points()[:, 2]) * np.sqrt(spread), 0.0) ** 3


def _satterthwaite(total: Floats, squares: Floats) -> Floats:
    return np.maximum(total**2 / np.maximum(squares, 1e-300), 1.0)


@lru_cache(maxsize=1)
def points() -> Floats:
    """Return evenly spread points of the unit cube, (POINTS, 3), by Roberts' extension of the golden ratio."""
    ratio = 1.2207440846057596
    steps = np.arange(POINTS)[:, np.newaxis] * ratio ** -np.arange(1.0, 4.0)
    return np.clip((0.5 + steps) % 1, 0.5 / POINTS, 1 - 0.5 / POINTS)
