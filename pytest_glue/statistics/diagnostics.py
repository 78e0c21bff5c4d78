"""Runs that failed to train: constant predictions, a collapse, a loss that never fell."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaln

from pytest_glue.core.chance_bound import CHANCE_ALPHA, chance_bound
from pytest_glue.core.metrics import find_metric
from pytest_glue.core.tasks import Kind
from pytest_glue.statistics.metrics import Floats, score

Bools = NDArray[np.bool_]

OTHER_PREDICTIONS = 0.04
"""Nearly constant classes: at most this share of the predictions differ from the most frequent one."""
SPREAD = 0.05
"""Nearly constant numbers: a standard deviation of at most this share of that of the references."""
COLLAPSED_GAP = 0.5
"""A collapsed run lies more than this fraction of the median below it."""
COLLAPSED_DEVIATIONS = 4.0
"""A collapsed run lies more than this number of robust standard deviations between runs below the median run."""
COLLAPSED_MARGINS = 1.25
"""A collapsed run lies more than this number of bounds of chance below the median run."""
INVERTED_MARGINS = 2.0
"""A run whose correlation is below zero by more than this number of bounds of chance knows the opposite."""
LOSS_DECREASE = 0.01
"""A loss that moved falls by this fraction of its first value."""


def at_chance(metric: str, predictions: ArrayLike, references: ArrayLike) -> Bools:
    """Return which runs' predictions do not correlate significantly with the references: (k, n) and (n,) to (k,).

    The correlation is the metric, if it is one, else Pearson's of numbers and Matthews of classes: accuracy and F1
    hardly show what is known about a rare class. A run whose correlation is undefined is at chance.

    Raises:
        ValueError: an unknown metric or shapes that do not fit.
    """
    return _correlations(metric, predictions, references) <= _bound(metric, references)


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
    counts = zip(right, other_gold.sum(axis=-1), other.sum(axis=-1), strict=True)
    return np.array([_hypergeometric_tail(count, n, marked, drawn) > CHANCE_ALPHA for count, marked, drawn in counts])


def _hypergeometric_tail(count: int, n: int, marked: int, drawn: int) -> float:
    """Return the probability of `count` marked ones or more among those that are drawn of n.

    `scipy.stats.hypergeom` has it, and importing `scipy.stats` takes longer than a verdict.
    """
    counts = np.arange(max(count, drawn + marked - n, 0), min(marked, drawn) + 1)

    def log_ways(total: ArrayLike, chosen: ArrayLike) -> Floats:
        whole, part = np.asarray(total, np.float64), np.asarray(chosen, np.float64)
        return np.asarray(gammaln(whole + 1) - gammaln(part + 1) - gammaln(whole - part + 1))

    ways = log_ways(marked, counts) + log_ways(n - marked, drawn - counts) - log_ways(n, drawn)
    return float(np.exp(ways).sum())


def collapsed(metric: str, predictions: ArrayLike, references: ArrayLike, others: ArrayLike | None = None) -> Bools:
    """Return which runs of a recipe learned nothing while other runs did: (k, n) and (n,) to (k,).

    A run has collapsed if its correlation (see `at_chance`) is at chance and below the median of the runs whose
    correlation is not, by more than `COLLAPSED_GAP`, `COLLAPSED_DEVIATIONS` and `COLLAPSED_MARGINS`. The median is that
    of its own side; if all of it is at chance, that of the other side. So a side whose runs all got worse alike has no
    collapsed run, unless it is at chance. A run that knows the opposite, as with swapped labels, has not collapsed.
    With fewer than two runs above chance in all, none has collapsed: then the recipe fails.

    Args:
        metric: a name of `core.metrics.METRICS`.
        predictions: of the side that is examined, shape (k, n).
        references: shape (n,).
        others: predictions of the other side, a candidate's baseline, shape (l, n).

    Raises:
        ValueError: an unknown metric or shapes that do not fit.
    """
    bound = _bound(metric, references)
    found = _correlations(metric, predictions, references)
    found_others = np.empty(0) if others is None else _correlations(metric, others, references)
    learned, others_learned = found[found > bound], found_others[found_others > bound]
    if learned.size + others_learned.size < 2:
        return np.zeros(found.size, bool)
    median = float(np.median(learned if learned.size else others_learned))
    deviation = _deviation([side for side in (learned, others_learned) if side.size > 1])
    distance = max(COLLAPSED_GAP * median, COLLAPSED_DEVIATIONS * deviation, COLLAPSED_MARGINS * bound)
    is_inverted = found < -INVERTED_MARGINS * bound
    return np.asarray((found <= bound) & (found < median - distance) & ~is_inverted)


def never_moved(losses: ArrayLike) -> bool:
    """Return whether the training loss, shape (steps,), never fell by `LOSS_DECREASE` of its first value.

    False for fewer than two losses, or if one is not finite.
    """
    values = np.asarray(losses, np.float64)
    if values.size < 2 or not np.isfinite(values).all():
        return False
    return bool(values[1:].min() > values[0] - LOSS_DECREASE * abs(values[0]))


def _correlations(metric: str, predictions: ArrayLike, references: ArrayLike) -> Floats:
    """Return the correlations of runs with the references, 0 where one is undefined: (k, n) and (n,) to (k,)."""
    return np.nan_to_num(score(_correlation(metric), predictions, references), nan=0.0)


def _bound(metric: str, references: ArrayLike) -> float:
    """Return the correlation above which a run is not at chance."""
    bound = chance_bound(_correlation(metric), np.asarray(references, np.float64).tolist())
    assert bound is not None
    return bound


def _correlation(metric: str) -> str:
    of_metric = find_metric(metric)
    if of_metric.is_correlation:
        return metric
    return "pearson" if of_metric.kinds == (Kind.REGRESSION,) else "matthews_correlation"


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
