"""The scale on which a score is tested: Fisher's z for correlations, the score itself for the other metrics."""

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from pytest_glue.core.metrics import find_metric
from pytest_glue.statistics.metrics import Floats
from pytest_glue.statistics.scored_runs import ScoredRuns
from pytest_glue.statistics.seed_variance import SeedVariance

FISHER_METRICS = frozenset({"pearson", "spearmanr", "matthews_correlation"})
"""Correlations. Near the ends of their range they are skewed, and their variance shrinks; Fisher's z = atanh(r) has
neither problem (Fisher 1921, Metron 1)."""
WIDE = 1.5
"""Half the width of an interval of Fisher's z, above which the interval of the score itself is used."""


def largest_correlation(n_examples: int) -> float:
    """Return the largest correlation that so many examples can tell from 1; with 0, the number is unknown."""
    return 1 - 1 / n_examples if n_examples > 1 else 1 - 1e-6


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
        return runs._replace(scores=scores)
    largest = largest_correlation(runs.n_examples)
    inside = np.clip(scores, -largest, largest)
    n = max(runs.n_examples, 1)
    one_less = np.clip(inside - np.asarray(runs.example_step)[..., np.newaxis] / n, -largest, largest)
    return runs._replace(
        scores=np.arctanh(inside),
        influences=runs.influences / (1 - inside[..., np.newaxis] ** 2),
        example_step=n * np.mean(np.arctanh(inside) - np.arctanh(one_less), axis=-1),
    )


def seed_variance_on_test_scale(metric: str, seed_variance: SeedVariance | None, score: float) -> SeedVariance | None:
    """Return a variance between seeds, measured in units of the score, on the scale of the test (delta method)."""
    if seed_variance is None or metric not in FISHER_METRICS:
        return seed_variance
    inside = min(abs(score), largest_correlation(0))
    return replace(seed_variance, standard_deviation=seed_variance.standard_deviation / (1 - inside**2))


def score_interval(metric: str, value: ArrayLike, half: ArrayLike, n_examples: int = 0) -> tuple[Floats, Floats]:
    """Return an interval of a score that stays inside the metric's range.

    A correlation's is computed for Fisher's z, unless it is so wide there (`WIDE`) that the delta method does not hold.
    Other intervals are symmetric and cut at the ends of the range.

    Args:
        metric: a name of `core.metrics.METRICS`.
        value: the score, shape (...), not oriented.
        half: half the width of the symmetric interval, in units of the score, shape (...).
        n_examples: the number of examples; 0 if it is unknown.
    """
    center, reach = np.asarray(value, np.float64), np.asarray(half, np.float64)
    of_metric = find_metric(metric)
    low, high = np.maximum(center - reach, of_metric.low), np.minimum(center + reach, of_metric.high)
    if metric not in FISHER_METRICS:
        return low, high
    largest = largest_correlation(n_examples)
    inside = np.clip(center, -largest, largest)
    z, of_z = np.arctanh(inside), reach / (1 - inside**2)
    is_wide = (of_z > WIDE) | (np.abs(center) > largest)
    return np.where(is_wide, low, np.tanh(z - of_z)), np.where(is_wide, high, np.tanh(z + of_z))
