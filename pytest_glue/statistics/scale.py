"""The scale on which a score is tested: Fisher's z for correlations, the score itself for the other metrics."""

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from pytest_glue.statistics.metrics import Floats
from pytest_glue.statistics.scored_runs import ScoredRuns
from pytest_glue.statistics.seed_variance import SeedVariance

FISHER_METRICS = frozenset({"pearson", "spearmanr", "matthews_correlation"})
"""Correlations. Near the ends of their range they are skewed, and their variance shrinks; Fisher's z = atanh(r) has
neither problem (Fisher 1921, Metron 1)."""
_LARGEST = 1 - 1e-6
"""The largest correlation with a finite z."""


def on_test_scale(metric: str, runs: ScoredRuns, max_drop: ArrayLike = 0.0) -> ScoredRuns:
    """Return runs whose scores are lowered by the allowed drop, with their influences, on the scale of the test.

    A candidate whose drop is exactly the allowed one has the same mean there as its lowered baseline.

    Args:
        metric: a name of `core.metrics.METRICS`.
        runs: scores of shape (..., k).
        max_drop: the allowed drop, shape (...).
    """
    scores = runs.scores - np.asarray(max_drop, np.float64)[..., np.newaxis]
    if metric not in FISHER_METRICS:
        return ScoredRuns(scores, runs.influences)
    inside = np.clip(scores, -_LARGEST, _LARGEST)
    return ScoredRuns(np.arctanh(inside), runs.influences / (1 - inside[..., np.newaxis] ** 2))


def seed_variance_on_test_scale(metric: str, seed_variance: SeedVariance | None, score: float) -> SeedVariance | None:
    """Return a variance between seeds, measured in units of the score, on the scale of the test (delta method)."""
    if seed_variance is None or metric not in FISHER_METRICS:
        return seed_variance
    inside = min(abs(score), _LARGEST)
    return replace(seed_variance, standard_deviation=seed_variance.standard_deviation / (1 - inside**2))


def score_interval(metric: str, value: ArrayLike, half: ArrayLike) -> tuple[Floats, Floats]:
    """Return an interval of a score that stays inside the metric's range.

    A correlation's is computed for Fisher's z. That of accuracy and F1 is symmetric and cut at 0 and 1.

    Args:
        metric: a name of `core.metrics.METRICS`.
        value: the score, shape (...).
        half: half the width of the symmetric interval, in units of the score, shape (...).
    """
    center, reach = np.asarray(value, np.float64), np.asarray(half, np.float64)
    if metric not in FISHER_METRICS:
        return np.maximum(center - reach, 0.0), np.minimum(center + reach, 1.0)
    inside = np.clip(center, -_LARGEST, _LARGEST)
    z, of_z = np.arctanh(inside), reach / (1 - inside**2)
    return np.tanh(z - of_z), np.tanh(z + of_z)
