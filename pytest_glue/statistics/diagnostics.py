"""Runs that failed to train: constant predictions, a collapse, a loss that never fell."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import hypergeom

from pytest_glue.core.metrics import CHANCE_ALPHA, METRICS, chance_bound, chance_level
from pytest_glue.statistics.metrics import Floats, score

Bools = NDArray[np.bool_]

OTHER_PREDICTIONS = 0.04
"""Nearly constant classes: at most this share of the predictions differ from the most frequent one."""
SPREAD = 0.05
"""Nearly constant numbers: a standard deviation of at most this share of that of the references."""
COLLAPSED_GAP = 0.5
"""A collapsed run loses more than this fraction of the way from the chance level to the median run."""
COLLAPSED_DEVIATIONS = 4.0
"""A collapsed run lies more than this number of robust standard deviations between runs below the median run."""
COLLAPSED_MARGINS = 1.25
"""A collapsed run lies more than this number of margins of the chance level below the median run."""
INVERTED_MARGINS = 2.0
"""A run whose correlation is below zero by more than this number of margins of the chance level knows the opposite."""
LOSS_DECREASE = 0.01
"""A loss that moved falls by this fraction of its first value."""


def at_chance(metric: str, predictions: ArrayLike, references: ArrayLike) -> Bools:
    """Return which runs are not significantly better than the best constant prediction: (k, n) and (n,) to (k,).

    A run whose score is undefined is at chance.

    Raises:
        ValueError: an unknown metric or shapes that do not fit.
    """
    bound = chance_bound(metric, np.asarray(references, np.float64).tolist())
    return _scores(metric, predictions, references) <= bound


def constant_predictions(predictions: ArrayLike) -> Bools:
    """Return which runs predict one value for every example: from (k, n) to (k,).

    Values that differ by up to 1e-9 of their size count as equal: an untrained regression head gives those.
    """
    values = np.atleast_2d(np.asarray(predictions, np.float64))
    scale = np.maximum(np.abs(values).max(axis=-1), 1.0)
    return np.asarray(np.ptp(values, axis=-1) <= 1e-9 * scale)


def nearly_constant(predictions: ArrayLike, references: ArrayLike, *, is_regression: bool) -> Bools:
    """Return which runs predict almost one value and are `uninformative`: (k, n) and (n,) to (k,).

    Of classes, `OTHER_PREDICTIONS` or fewer differ from the most frequent one. Of numbers, the `SPREAD` is tiny.
    """
    values, gold = np.atleast_2d(np.asarray(predictions, np.float64)), np.asarray(references, np.float64)
    if is_regression:
        nearly = values.std(axis=-1) <= SPREAD * gold.std()
    else:
        nearly = _other_predictions(values).sum(axis=-1) <= OTHER_PREDICTIONS * gold.size
    return np.asarray(nearly & uninformative(values, gold, is_regression=is_regression))


def uninformative(predictions: ArrayLike, references: ArrayLike, *, is_regression: bool) -> Bools:
    """Return which runs' predictions are not significantly associated with the references: (k, n) and (n,) to (k,).

    Classes are reduced to two: the run's most frequent prediction, and all others (Fisher's exact test, one-sided).
    Numbers have Pearson's correlation.
    """
    values, gold = np.atleast_2d(np.asarray(predictions, np.float64)), np.asarray(references, np.float64)
    if is_regression:
        return at_chance("pearson", values, gold)
    other = _other_predictions(values)
    other_gold = gold != _most_frequent(values)[:, np.newaxis]
    right, n = (other & other_gold).sum(axis=-1), gold.size
    p = hypergeom.sf(right - 1, n, other_gold.sum(axis=-1), other.sum(axis=-1))
    return np.asarray(p > CHANCE_ALPHA)


def collapsed(metric: str, predictions: ArrayLike, references: ArrayLike, others: ArrayLike | None = None) -> Bools:
    """Return which runs of a recipe learned nothing while other runs did: (k, n) and (n,) to (k,).

    A run has collapsed if it is at chance and lies below the median of the runs that are not, by more than
    `COLLAPSED_GAP`, `COLLAPSED_DEVIATIONS` and `COLLAPSED_MARGINS`. The median is that of its own side; if all of it
    is at chance, that of the other side. So a side whose runs all got worse alike has no collapsed run, unless it is
    at chance. A run that knows the opposite has not collapsed. With fewer than two runs above chance in all, none has
    collapsed: then the recipe fails.

    Args:
        metric: a name of `core.metrics.METRICS`.
        predictions: of the side that is examined, shape (k, n).
        references: shape (n,).
        others: predictions of the other side, a candidate's baseline, shape (l, n).

    Raises:
        ValueError: an unknown metric or shapes that do not fit.
    """
    gold = np.asarray(references, np.float64).tolist()
    chance, bound = chance_level(metric, gold), chance_bound(metric, gold)
    scores = _scores(metric, predictions, references)
    learned, others_learned = scores[scores > bound], np.empty(0)
    if others is not None and np.size(others):
        other_scores = _scores(metric, others, references)
        others_learned = other_scores[other_scores > bound]
    if learned.size + others_learned.size < 2:
        return np.zeros(scores.size, bool)
    median = float(np.median(learned if learned.size else others_learned))
    deviation = _deviation([side for side in (learned, others_learned) if side.size > 1])
    gap, margins = COLLAPSED_GAP * (median - chance), COLLAPSED_MARGINS * (bound - chance)
    distance = max(gap, COLLAPSED_DEVIATIONS * deviation, margins)
    below = (scores <= bound) & (scores < median - distance)
    return np.asarray(below & ~_inverted(metric, predictions, references))


def never_moved(losses: ArrayLike) -> bool:
    """Return whether the training loss, shape (steps,), never fell by `LOSS_DECREASE` of its first value.

    False for fewer than two losses, or if one is not finite.
    """
    values = np.asarray(losses, np.float64)
    if values.size < 2 or not np.isfinite(values).all():
        return False
    return bool(values[1:].min() > values[0] - LOSS_DECREASE * abs(values[0]))


def _scores(metric: str, predictions: ArrayLike, references: ArrayLike) -> Floats:
    """Return the scores, the chance level where one is undefined."""
    chance = chance_level(metric, np.asarray(references, np.float64).tolist())
    return np.nan_to_num(score(metric, predictions, references), nan=chance)


def _inverted(metric: str, predictions: ArrayLike, references: ArrayLike) -> Bools:
    """Return which runs know the opposite, as with swapped labels: far worse than chance is no failure to learn."""
    correlation = metric if METRICS[metric].is_correlation else "matthews_correlation"
    gold = np.asarray(references, np.float64).tolist()
    return np.asarray(
        _scores(correlation, predictions, references) < -INVERTED_MARGINS * chance_bound(correlation, gold)
    )


def _deviation(sides: Sequence[Floats]) -> float:
    """Return the robust standard deviation of scores around the median of their side; 0 without two on a side."""
    if not sides:
        return 0.0
    apart = np.concatenate([np.abs(side - np.median(side)) for side in sides])
    of_few = np.sqrt(apart.size / (apart.size - len(sides)))
    return float(1.4826 * of_few * np.median(apart))  # the MAD in units of a normal standard deviation


def _most_frequent(classes: Floats) -> Floats:
    names = np.unique(classes)
    counts = np.stack([(classes == name).sum(axis=-1) for name in names], axis=-1)
    return np.asarray(names[counts.argmax(axis=-1)])


def _other_predictions(classes: Floats) -> Bools:
    return np.asarray(classes != _most_frequent(classes)[:, np.newaxis])
