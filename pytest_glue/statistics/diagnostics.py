"""Broken runs: constant predictions, a collapse, a loss that never fell."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pytest_glue.core.metrics import chance_level
from pytest_glue.statistics.metrics import aligned, score

Bools = NDArray[np.bool_]

COLLAPSED_GAP = 0.5
"""A collapsed run loses more than this fraction of the way from chance level to the median run."""
COLLAPSED_DEVIATIONS = 6.0
"""A collapsed run lies more than this number of robust standard deviations between runs below the median run."""
LOSS_DECREASE = 0.01
"""A loss that moved falls by this fraction of its first value."""


def constant_predictions(predictions: ArrayLike) -> Bools:
    """Return which runs predict one value for every example: from (k, n) to (k,).

    Values that differ by up to 1e-9 of their size count as equal: an untrained regression head gives those.
    """
    values = np.atleast_2d(np.asarray(predictions, np.float64))
    scale = np.maximum(np.abs(values).max(axis=-1), 1.0)
    return np.asarray(np.ptp(values, axis=-1) <= 1e-9 * scale)


def collapsed(metric: str, predictions: ArrayLike, references: ArrayLike) -> Bools:
    """Return which runs of one recipe learnt nothing while the others did: (k, n) and (n,) to (k,).

    A run has collapsed if it predicts a constant, or if it lies below the median run by more than `COLLAPSED_GAP` and
    `COLLAPSED_DEVIATIONS`. No run has collapsed if the median run itself is at chance level, since then the recipe
    fails, nor among fewer than three runs.

    Raises:
        ValueError: an unknown metric or shapes that do not fit.
    """
    predicted, gold = aligned(predictions, references)
    scores = np.nan_to_num(score(metric, predictions, references), nan=0.0)
    k, n = predicted.shape[-2:]
    if k < 3:
        return np.zeros(k, bool)
    chance, median = chance_level(metric, gold[0].tolist()), float(np.median(scores))
    of_share, of_correlation = max(median * (1 - median), 0.0), max(1 - median**2, 0.0)
    if median <= chance + 2 * np.sqrt((of_correlation if chance == 0 else of_share) / n):
        return np.zeros(k, bool)
    deviation = 1.4826 * float(np.median(np.abs(scores - median)))  # a normal standard deviation in units of the MAD
    distance = max(COLLAPSED_GAP * (median - chance), COLLAPSED_DEVIATIONS * deviation)
    return (scores < median - distance) | constant_predictions(predicted)


def never_moved(losses: ArrayLike) -> bool:
    """Return whether the training loss, shape (steps,), never fell by `LOSS_DECREASE` of its first value.

    False for fewer than two losses, or if one is not finite.
    """
    values = np.asarray(losses, np.float64)
    if values.size < 2 or not np.isfinite(values).all():
        return False
    return bool(values[1:].min() > values[0] - LOSS_DECREASE * abs(values[0]))
