"""The influence function of each metric: how far each example moves each run's score."""

from collections.abc import Callable, Mapping

import numpy as np

from pytest_glue.core.tasks import Kind
from pytest_glue.statistics.arrays import Floats, centered_ranks, class_counts
from pytest_glue.statistics.curve_metrics import CURVE_METRICS, curve_influence
from pytest_glue.statistics.own_metrics import is_own, own_influence
from pytest_glue.statistics.probability_metrics import PROBABILITY_METRICS, probability_influence
from pytest_glue.statistics.ratio_metrics import RATIO_METRICS, ratio_influence


def influence(metric: str, outputs: Floats, gold: Floats, scores: Floats, kind: Kind | None = None) -> Floats:
    """Return each example's influence on each run's score.

    A run's score on another draw of n examples differs from its score in the population by the mean of these values,
    up to terms of order 1/n (Hampel 1974). The variance of that mean is the sampling variance of the evaluation split.

    Args:
        metric: a name of `core.metrics.METRICS`.
        outputs: predictions, shape (..., k, n): k runs, n examples; or logits (..., k, n, labels); from
            `metrics.aligned`.
        gold: shape (..., 1, n), from `metrics.aligned`.
        scores: shape (..., k), from `metrics.score_aligned`.
        kind: of the task.

    Returns:
        Shape (..., k, n), in units of the score; the mean over examples is 0. NaN for a run without a score.
    """
    is_multi_label = kind is Kind.MULTI_LABEL
    with np.errstate(divide="ignore", invalid="ignore"):
        if is_own(metric):
            return own_influence(metric, outputs, gold, scores, kind)
        if metric in RATIO_METRICS:
            return ratio_influence(metric, outputs, gold, scores, is_multi_label=is_multi_label)
        if metric in CURVE_METRICS:
            return curve_influence(metric, outputs, gold, is_multi_label=is_multi_label)
        if metric in PROBABILITY_METRICS:
            return probability_influence(metric, outputs, gold, scores)
        return np.asarray(_FORMULAS[metric](outputs, gold, scores[..., np.newaxis]), np.float64)


def _is_binary(labels: Floats) -> bool:
    return bool(((labels == 0) | (labels == 1)).all())


def _of_absolute_error(predicted: Floats, gold: Floats, value: Floats) -> Floats:
    return np.asarray(np.abs(predicted - gold) - value)


def _of_squared_error(predicted: Floats, gold: Floats, value: Floats) -> Floats:
    return np.asarray((predicted - gold) ** 2 - value)


def _of_accuracy(predicted: Floats, gold: Floats, value: Floats) -> Floats:
    return np.asarray((predicted == gold) - value)


def _of_f1(predicted: Floats, gold: Floats, value: Floats) -> Floats:
    x, y = (predicted == 1).astype(np.float64), (gold == 1).astype(np.float64)
    return np.asarray((2 * x * y - value * (x + y)) / np.mean(x + y, axis=-1, keepdims=True))


def _of_kappa(predicted: Floats, gold: Floats, value: Floats) -> Floats:
    classes, n = np.union1d(predicted, gold), predicted.shape[-1]
    predicted, gold = np.broadcast_arrays(predicted, gold)
    p, q = class_counts(predicted, classes) / n, class_counts(gold, classes) / n
    agreement, expected = np.asarray(predicted == gold, np.float64), _dot(p, q)
    change = _share(q, classes, predicted) + _share(p, classes, gold) - 2 * expected
    return np.asarray((agreement - agreement.mean(axis=-1, keepdims=True) - (1 - value) * change) / (1 - expected))


def _share(shares: Floats, classes: Floats, labels: Floats) -> Floats:
    """Return the share of each label's class: from (..., classes), (classes,) and (..., n) to (..., n)."""
    return np.take_along_axis(shares, np.searchsorted(classes, labels), axis=-1)


def _of_r2(predicted: Floats, gold: Floats, value: Floats) -> Floats:
    square, residual = (gold - gold.mean(axis=-1, keepdims=True)) ** 2, (gold - predicted) ** 2
    return np.asarray(((1 - value) * square - residual) / square.mean(axis=-1, keepdims=True))


def _of_pearson(predicted: Floats, gold: Floats, value: Floats) -> Floats:
    x, y = _standardised(predicted), _standardised(gold)
    return x * y - value / 2 * (x**2 + y**2)


def _standardised(values: Floats) -> Floats:
    deviation = values - values.mean(axis=-1, keepdims=True)
    constant = values.min(axis=-1, keepdims=True) == values.max(axis=-1, keepdims=True)
    variance = np.where(constant, 0.0, np.mean(deviation**2, axis=-1, keepdims=True))
    return np.asarray(deviation / np.sqrt(variance))


def _of_spearman(predicted: Floats, gold: Floats, value: Floats) -> Floats:
    """Spearman is Pearson of ranks, and one example also moves the ranks of all the others."""
    n = predicted.shape[-1]
    x, y = centered_ranks(predicted) / n, centered_ranks(gold) / n
    moved_x, moved_y = _mean_above(predicted, x), _mean_above(gold, y)
    covariance = x * y + _mean_above(predicted, np.broadcast_to(y, x.shape)) + _mean_above(gold, x)
    # Each part counts an example three times (as itself, and among both rankings), so its mean is threefold.
    return 3 * _of_ratio(value, covariance, x**2 + 2 * moved_x, y**2 + 2 * moved_y)


def _mean_above(values: Floats, weights: Floats) -> Floats:
    """Return for each example the weights of all examples above it, ties at half, summed and divided by n."""
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


def _of_matthews(predicted: Floats, gold: Floats, value: Floats) -> Floats:
    """Gorodkin's R_K as a ratio of the covariance and the variances of one-hot labels; Pearson of labels 0 and 1."""
    if _is_binary(predicted) and _is_binary(gold):
        return _of_pearson(predicted, gold, value)
    classes = np.union1d(predicted, gold)
    predicted, gold = np.broadcast_arrays(predicted, gold)
    n = predicted.shape[-1]
    p, q = class_counts(predicted, classes) / n, class_counts(gold, classes) / n
    covariance = (predicted == gold) - _share(q, classes, predicted) - _share(p, classes, gold) + _dot(p, q)
    of_predicted = 1 - 2 * _share(p, classes, predicted) + _dot(p, p)
    of_gold = 1 - 2 * _share(q, classes, gold) + _dot(q, q)
    return _of_ratio(value, covariance, of_predicted, of_gold)


def _dot(left: Floats, right: Floats) -> Floats:
    return np.asarray(np.sum(left * right, axis=-1, keepdims=True), np.float64)


def _of_ratio(value: Floats, covariance: Floats, x_square: Floats, y_square: Floats) -> Floats:
    """Delta method for covariance / sqrt(x variance * y variance), from each example's share of the three."""
    c, x, y = (part.mean(axis=-1, keepdims=True) for part in (covariance, x_square, y_square))
    return np.asarray((covariance - c) / np.sqrt(x * y) - value / 2 * (x_square / x + y_square / y - 2))


_FORMULAS: Mapping[str, Callable[[Floats, Floats, Floats], Floats]] = {
    "accuracy": _of_accuracy,
    "cohen_kappa": _of_kappa,
    "f1": _of_f1,
    "mae": _of_absolute_error,
    "matthews_correlation": _of_matthews,
    "mse": _of_squared_error,
    "pearson": _of_pearson,
    "r2": _of_r2,
    "spearmanr": _of_spearman,
}
