"""Change points: where the mean of a sequence of measurements changed.

A change is tested by permutations, so that the false-alarm rate holds for measurements of any distribution that come in
no particular order. Its place is a confidence range.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

FALSE_ALARM_RATE = 0.03
"""Of a sequence without a change. It is asked about again and again as it grows, which multiplies the chances."""
CONFIDENCE_LEVEL = 0.95
"""Of the range of a change."""
MIN_SEGMENT = 2
"""Measurements on each side of a change."""
_PERMUTATIONS = 999
_SEED = 20261128
_CLIP = 3.0
"""Robust deviations from the median beyond which a measurement counts no more: one failed run is no change."""
_MAD_TO_DEVIATION = 1.4826
_EXACT = 1e-12
"""Share of the variance that counts as none."""


@dataclass(frozen=True, slots=True)
class ChangePoint:
    """A change of the mean. Positions are indices of the first measurement after the change."""

    first: int
    """The first position of the confidence range."""
    likely: int
    """The most probable position."""
    last: int
    """The last position of the confidence range."""
    p_value: float
    """Of the test that found the change; the smallest possible value is 0.001."""
    before: float
    """Mean from the change before, or from the start."""
    after: float
    """Mean until the next change, or to the end."""


@dataclass(frozen=True, slots=True)
class _Split:
    positions: tuple[int, ...]
    p_value: float


def change_points(values: Floats, weights: Floats, alpha: float = FALSE_ALARM_RATE) -> list[ChangePoint]:
    """Return the changes of the mean, in order.

    A sequence is split where a change is shown, and each part is tested again at its share of the error rate. Two
    statistics are tested together: the largest difference between the part before and after a position, and between the
    inside and the outside of an interval, which sees a drop that was put right.

    Args:
        values: the measurements in order, of shape (n,), without NaN.
        weights: of shape (n,), above 0: the variance of a measurement is proportional to 1 / weight.
        alpha: the probability that a sequence without a change is said to have one.
    """
    if values.size < 2 * MIN_SEGMENT:
        return []
    clipped, rng = _clipped(values, weights), np.random.default_rng(_SEED)
    found: dict[int, float] = {}
    parts = [(0, values.size, alpha)]
    while parts:
        low, high, rate = parts.pop()
        split = _tested(clipped[low:high], weights[low:high], rng)
        if split is None or split.p_value > rate:
            continue
        edges = [low, *(low + each for each in split.positions), high]
        found |= dict.fromkeys(edges[1:-1], split.p_value)
        parts += [(start, end, rate / (len(edges) - 1)) for start, end in pairwise(edges)]
    return _located(values, clipped, weights, found)


def _clipped(values: Floats, weights: Floats) -> Floats:
    """Return the measurements with those far from the median moved closer."""
    centre = np.median(values)
    scaled = (values - centre) * np.sqrt(weights)
    limit = _CLIP * _MAD_TO_DEVIATION * np.median(np.abs(scaled))
    if limit <= 0:  # most measurements are equal
        return values
    return np.asarray(centre + np.clip(scaled, -limit, limit) / np.sqrt(weights))


def _tested(values: Floats, weights: Floats, rng: np.random.Generator) -> _Split | None:
    """Return the best split with its p value; None if the sequence is too short or constant.

    The permuted sequences have the standardised deviations of the measurements in random order.
    """
    n = values.size
    deviations = (values - np.average(values, weights=weights)) * np.sqrt(weights)
    if n < 2 * MIN_SEGMENT or not np.square(deviations).sum() > _EXACT * np.square(values).max():
        return None
    orders = rng.permuted(np.tile(np.arange(n), (_PERMUTATIONS, 1)), axis=1)
    rows = np.vstack([deviations, deviations[orders]])
    sums = _cumulated(rows * np.sqrt(weights))
    totals = _cumulated(weights[None])[0]
    centred = sums - sums[:, -1:] * (totals / totals[-1])
    splits, (intervals, interval) = _split_statistics(centred, totals), _interval_statistics(centred, totals)
    p_split, p_interval = _p_values(splits.max(axis=1)), _p_values(intervals)
    best = np.minimum(p_split, p_interval)
    p_value = float(np.mean(best <= best[0]))
    start, end = interval
    if p_split[0] <= p_interval[0] or start == 0 or end == n:
        return _Split((int(np.argmax(splits[0])) + MIN_SEGMENT,), p_value)
    return _Split((start, end), p_value)


def _cumulated(rows: Floats) -> Floats:
    return np.concatenate([np.zeros((rows.shape[0], 1)), np.cumsum(rows, axis=1)], axis=1)


def _split_statistics(centred: Floats, totals: Floats) -> Floats:
    """Return the squared difference of the means at each position, in units of its variance; a row a sequence."""
    inside = slice(MIN_SEGMENT, -MIN_SEGMENT)
    return np.asarray(centred[:, inside] ** 2 / _share(totals[inside], totals[-1]))


def _interval_statistics(centred: Floats, totals: Floats) -> tuple[Floats, tuple[int, int]]:
    """Return the largest statistic over all intervals for each sequence, and the interval of the first sequence.

    An interval that leaves fewer measurements at an edge than a part needs is not one.
    """
    n = totals.size - 1
    largest, interval = np.zeros(centred.shape[0]), (0, n)
    for length in range(MIN_SEGMENT, n - MIN_SEGMENT + 1):
        starts = np.arange(n - length + 1)
        starts = starts[(_is_edge(starts)) & (_is_edge(n - length - starts))]
        if not starts.size:
            continue
        found = (centred[:, starts + length] - centred[:, starts]) ** 2
        found /= _share(totals[starts + length] - totals[starts], totals[-1])
        if found[0].max() > largest[0]:
            start = int(starts[np.argmax(found[0])])
            interval = (start, start + length)
        np.maximum(largest, found.max(axis=1), out=largest)
    return largest, interval


def _is_edge(left: NDArray[np.int_]) -> NDArray[np.bool_]:
    """Return where so many measurements at an edge are none, or enough for a part."""
    return np.asarray((left == 0) | (left >= MIN_SEGMENT))


def _share(weight: Floats, total: float) -> Floats:
    return np.asarray(weight * (total - weight) / total)


def _p_values(statistics: Floats) -> Floats:
    """Return for each sequence the share of sequences with a statistic at least as large, its own included."""
    ordered = np.sort(statistics)
    tolerance = _EXACT * ordered[-1]
    below = np.searchsorted(ordered, statistics - tolerance, side="left")
    return np.asarray((statistics.size - below) / statistics.size)


def _located(values: Floats, clipped: Floats, weights: Floats, found: dict[int, float]) -> list[ChangePoint]:
    """Return the changes with their ranges, each located between its neighbours."""
    edges = [0, *sorted(found), values.size]
    ranges = [(0, 0, 0)] * len(found)
    for _ in range(2):  # a change moves, once its neighbours are where they belong
        for number in range(len(found)):
            low, high = edges[number], edges[number + 2]
            ranges[number] = _range(clipped[low:high], weights[low:high], low)
            edges[number + 1] = ranges[number][1]
    means = [float(np.average(values[start:end], weights=weights[start:end])) for start, end in pairwise(edges)]
    p_values = [found[position] for position in sorted(found)]
    return [
        ChangePoint(*ranges[number], p_value, means[number], means[number + 1])
        for number, p_value in enumerate(p_values)
    ]


def _range(values: Floats, weights: Floats, offset: int) -> tuple[int, int, int]:
    """Return the first, the most probable and the last position of a change.

    The range spans the positions of highest posterior probability, for flat priors on position, means and the logarithm
    of the variance. Averaged over positions no range with this confidence level is shorter.
    """
    sums, totals = _cumulated((values * weights)[None])[0], _cumulated(weights[None])[0]
    inside, total = slice(1, -1), totals[-1]
    centred = (sums - sums[-1] * totals / total)[inside]
    variance = _share(totals[inside], total)
    squares = float(np.sum(weights * (values - sums[-1] / total) ** 2))
    residual = np.maximum(squares - centred**2 / variance, _EXACT * squares)
    logs = -0.5 * np.log(variance) - (values.size - 2) / 2 * np.log(residual)
    posterior = np.exp(logs - logs.max())
    order = np.argsort(-posterior, kind="stable")
    needed = int(np.searchsorted(np.cumsum(posterior[order]), CONFIDENCE_LEVEL * posterior.sum())) + 1
    chosen = order[:needed] + 1 + offset
    return int(chosen.min()), int(order[0]) + 1 + offset, int(chosen.max())
