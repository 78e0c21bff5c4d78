"""Runs that are broken, which is another thing than a low score."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pytest_glue.core.metrics import chance_level
from pytest_glue.statistics.metrics import aligned, score

Bools = NDArray[np.bool_]


def constant_predictions(predictions: ArrayLike) -> Bools:
    """Return which runs predict one and the same value for every example: from (k, n) to (k,).

    Numbers count as the same within a billionth of their size, as an untrained regression head gives them.
    """
    values = np.atleast_2d(np.asarray(predictions, np.float64))
    scale = np.maximum(np.abs(values).max(axis=-1), 1.0)
    return np.asarray(np.ptp(values, axis=-1) <= 1e-9 * scale)


def collapsed(
    metric: str, predictions: ArrayLike, references: ArrayLike, gap: float = 0.5, widths: float = 6.0
) -> Bools:
    """Return which runs, among several of one recipe, learnt nothing while the others did: (k, n), (n,) to (k,).

    A run has collapsed if it predicts a constant, or if it lost more than `gap` of the way from chance to the median
    of the runs and lies more than `widths` robust standard deviations (of the split and of the other runs) below that
    median. None is called so where the median itself is at chance: then it is the recipe that fails, not a run; and
    none among fewer than three runs.

    Raises:
        ValueError: an unknown metric or shapes that do not fit.
    """
    predicted, gold = aligned(predictions, references)
    scores = np.nan_to_num(score(metric, predictions, references), nan=0.0)
    k, n = predicted.shape[-2:]
    if k < 3:
        return np.zeros(k, bool)
    floor, middle = chance_level(metric, gold[0].tolist()), float(np.median(scores))
    on_split = np.sqrt(max(1 - middle**2, 0.0) / n) if floor == 0 else np.sqrt(max(middle * (1 - middle), 0.0) / n)
    if middle <= floor + 2 * on_split:
        return np.zeros(k, bool)
    between = 1.4826 * float(np.median(np.abs(scores - middle)))
    far = scores < middle - max(gap * (middle - floor), widths * between)
    return far | constant_predictions(predicted)


def never_moved(losses: ArrayLike, share: float = 0.01) -> bool:
    """Return whether the loss of a run, shape (steps,), never fell by `share` of where it began.

    Compared are the first loss and the lowest of the rest; fewer than two losses tell nothing, and neither do losses
    that are not finite.

    Raises:
        ValueError: a share that is not between 0 and 1.
    """
    if not 0 < share < 1:
        raise ValueError(f"share {share!r}; accepted: a number above 0 and below 1")
    values = np.asarray(losses, np.float64)
    if values.size < 2 or not np.isfinite(values).all():
        return False
    return bool(values[1:].min() > values[0] - share * abs(values[0]))
