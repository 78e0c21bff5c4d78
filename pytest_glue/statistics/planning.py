"""Planning: what comparisons with a baseline will be able to show, from the baseline's own runs."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from pytest_glue.statistics.power import smallest_visible_drop
from pytest_glue.statistics.variance import BORROWED, Runs, noise


def visible_drops(
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
    runs = Runs.of(metric, predictions, references)
    if runs.k < 2 or np.isnan(runs.scores).any():
        return {}
    against_itself = noise(runs, runs)
    of_run = against_itself.seeds * runs.k / 2
    drops = {}
    for count in seeds:
        candidate = BORROWED if count == 1 else 1 / count
        squares = 0.0 if count == 1 else 1 / (count**2 * (count - 1))
        total, squares = candidate + 1 / runs.k, squares + 1 / (runs.k**2 * (runs.k - 1))
        df = np.asarray(runs.k - 1.0 if count == 1 else total**2 / squares)
        planned = against_itself._replace(seeds=of_run * total, degrees_of_freedom=df, forecast_degrees_of_freedom=df)
        drop = float(smallest_visible_drop(planned, alpha, metric, runs.scores.mean()))
        if np.isfinite(drop):
            drops[count] = drop
    return drops
