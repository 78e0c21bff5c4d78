"""How far each example moves each run's score: the influence function of a metric."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pytest_glue.statistics.metrics import (
    Floats,
    aligned,
    centered,
    check_metric,
    is_binary,
    matthews_parts,
    midranks,
    score_aligned,
)


def influence(metric: str, predictions: ArrayLike, references: ArrayLike) -> Floats:
    """Return each example's influence on each run's score.

    A run's score on another draw of n examples differs from its score in the population by the mean of these values,
    up to terms of order 1/n (Hampel 1974); the variance of that mean is the noise of the evaluation split.

    Args:
        metric: one of `METRIC_NAMES`.
        predictions: shape (..., k, n): k runs, n examples.
        references: shape (..., n).

    Returns:
        Shape (..., k, n), in units of the score; the mean over examples is 0. NaN for a run without a score.

    Raises:
        ValueError: an unknown metric, shapes that do not fit, or a value that is not finite.
    """
    check_metric(metric)
    predicted, gold = aligned(predictions, references)
    return influence_aligned(metric, predicted, gold, score_aligned(metric, predicted, gold))


def influence_aligned(metric: str, predicted: Floats, gold: Floats, scores: Floats) -> Floats:
    """Return `influence` of what `aligned` and `score_aligned` returned."""
    value = scores[..., np.newaxis]
    if metric == "accuracy":
        return np.asarray((predicted == gold) - value, np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        if metric == "f1":
            return _of_f1(predicted == 1, gold == 1, value)
        if metric == "spearmanr":
            return _of_spearman(predicted, gold, value)
        if metric == "matthews_correlation" and not (is_binary(predicted) and is_binary(gold)):
            return _of_ratio(value, *matthews_parts(predicted, gold))
        return _of_pearson(predicted, gold, value)


def _of_f1(predicted: NDArray[np.bool_], gold: NDArray[np.bool_], value: Floats) -> Floats:
    x, y = predicted.astype(np.float64), gold.astype(np.float64)
    register_relocated: Floats = (2 * x * y - value * (x + y)) / np.mean(x + y, axis=-1, keepdims=True)
    return register_relocated


def _of_pearson(predicted: Floats, gold: Floats, value: Floats) -> Floats:
    (x, x_variance), (y, y_variance) = centered(predicted), centered(gold)
    x /= np.sqrt(x_variance)
    y /= np.sqrt(y_variance)
    return x * y - value / 2 * (x**2 + y**2)


def _of_spearman(predicted: Floats, gold: Floats, value: Floats) -> Floats:
    """Spearman is Pearson of midranks, and one example also moves the ranks of all the others."""
    x, y = midranks(predicted) - 0.5, midranks(gold) - 0.5
    moved_x, moved_y = _below(predicted, x), _below(gold, y)
    covariance = x * y + _below(predicted, np.broadcast_to(y, x.shape)) + _below(gold, x)
    # Each part counts an example three times (as itself, and among both rankings), so its mean is threefold.
    return 3 * _of_ratio(value, covariance, x**2 + 2 * moved_x, y**2 + 2 * moved_y)


def _below(values: Floats, weights: Floats) -> Floats:
    """Return for each example the mean over all examples of the weights of those above it, ties counted half."""
    n = weights.shape[-1]
    rows = np.broadcast_to(values, weights.shape).reshape(-1, n)
    out = np.empty(rows.shape)
    for row, weight, mean in zip(rows, weights.reshape(-1, n), out, strict=True):
        order = np.argsort(row)
        ordered = row[order]
        total = np.concatenate([[0.0], np.cumsum(weight[order])])
        left, right = np.searchsorted(ordered, row, "left"), np.searchsorted(ordered, row, "right")
        mean[:] = (total[-1] - (total[left] + total[right]) / 2) / n
    return out.reshape(weights.shape)


def _of_ratio(value: Floats, covariance: Floats, x_square: Floats, y_square: Floats) -> Floats:
    """Delta method for covariance / sqrt(x variance * y variance), from each example's share of the three."""
    c, x, y = (part.mean(axis=-1, keepdims=True) for part in (covariance, x_square, y_square))
    register_relocated: Floats = (covariance - c) / np.sqrt(x * y) - value / 2 * (x_square / x + y_square / y - 2)
    return register_relocated
