"""The formulas of the metrics, vectorised over runs."""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pytest_glue.core.metrics import find_metric
from pytest_glue.core.tasks import Task

Floats = NDArray[np.float64]


def score(metric: str, predictions: ArrayLike, references: ArrayLike) -> Floats:
    """Return the metric's value for each run.

    Args:
        metric: a name of `core.metrics.METRICS`. F1 is that of class 1; Matthews takes any number of classes.
        predictions: shape (..., k, n): k runs, n examples; class ids, or numbers for metrics of regressions.
        references: shape (..., n): the gold labels of the same n examples.

    Returns:
        Shape (..., k). NaN where the metric is undefined: a correlation or Matthews with constant
        predictions or references, F1 if class 1 is neither predicted nor a reference. (scikit-learn returns 0 for
        Matthews and F1 there, by convention.)

    Raises:
        ValueError: an unknown metric, shapes that do not fit, or a value that is not finite.
    """
    find_metric(metric)
    return score_aligned(metric, *aligned(predictions, references))


def compute(task: Task, predictions: ArrayLike, references: ArrayLike) -> dict[str, float]:
    """Return each metric of the task for one run.

    Args:
        task: names the metrics.
        predictions: shape (n,): class ids in the task's order, or numbers for a regression.
        references: shape (n,): gold labels.

    Returns:
        The scores by metric; NaN where a metric is undefined. All are undefined without examples, or if a value is
        not finite.

    Raises:
        ValueError: the shapes differ.
    """
    predicted, gold = np.asarray(predictions, np.float64), np.asarray(references, np.float64)
    if predicted.shape != gold.shape or predicted.ndim != 1:
        message = f"predictions of shape {predicted.shape} and references of shape {gold.shape}: accepted is (n,) twice"
        raise ValueError(message)
    if not gold.size or not np.isfinite([predicted, gold]).all():
        return dict.fromkeys(task.metrics, np.nan)
    return {name: float(score_aligned(name, predicted, gold)) for name in task.metrics}


def score_aligned(metric: str, predicted: Floats, gold: Floats) -> Floats:
    """Return the scores, shape (...), of arrays that broadcast to (..., n); see `score`."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(_FORMULAS[metric](predicted, gold), np.float64)


def aligned(predictions: ArrayLike, references: ArrayLike) -> tuple[Floats, Floats]:
    """Return predictions (..., k, n) and references (..., 1, n) as floats that broadcast against each other.

    Raises:
        ValueError: shapes that do not fit, fewer than two examples, or a value that is not finite.
    """
    predicted, gold = np.asarray(predictions, np.float64), np.asarray(references, np.float64)
    if predicted.ndim < 2 or gold.ndim < 1 or predicted.shape[-1] != gold.shape[-1]:
        raise ValueError(
            f"predictions of shape {predicted.shape} do not fit references of shape {gold.shape}; "
            "accepted: (runs, examples) and (examples,)"
        )
    if predicted.shape[-2] < 1 or predicted.shape[-1] < 2:
        raise ValueError(f"predictions of shape {predicted.shape}: at least 1 run and 2 examples are needed")
    for name, values in (("predictions", predicted), ("references", gold)):
        if not np.isfinite(values).all():
            raise ValueError(f"{name} hold a value that is not finite")
    return predicted, gold[..., np.newaxis, :]


def class_counts(labels: Floats, classes: Floats) -> Floats:
    """Return how many labels each class has: from (..., n) and (classes,) to (..., classes)."""
    return np.stack([np.sum(labels == value, axis=-1, dtype=np.float64) for value in classes], axis=-1)


def centered_ranks(values: Floats) -> Floats:
    """Return ranks less their mean, ties at their average: multiples of 0.5, exact; same shape, (..., n)."""
    n = values.shape[-1]
    rows = values.reshape(-1, n)
    ranks = np.empty_like(rows)
    for row, rank in zip(rows, ranks, strict=True):
        ordered = np.sort(row)
        rank[:] = (np.searchsorted(ordered, row, "left") + np.searchsorted(ordered, row, "right") - n) / 2
    return ranks.reshape(values.shape)


# Each formula does its rounding operations in the order of scikit-learn's or SciPy's function, so that scores are
# equal to theirs to the last bit. 0/0 is NaN.


def _accuracy(predicted: Floats, gold: Floats) -> Floats:
    return np.asarray((predicted == gold).mean(axis=-1))


def _f1(predicted: Floats, gold: Floats) -> Floats:
    """2 TP / (2 TP + FP + FN), as `sklearn.metrics.f1_score`."""
    x, y = predicted == 1, gold == 1
    return np.asarray(2.0 * np.sum(x & y, axis=-1) / (x.sum(axis=-1) + y.sum(axis=-1)))


def _matthews_correlation(predicted: Floats, gold: Floats) -> Floats:
    """R_K of Gorodkin 2004 (for two classes, Matthews 1975), as `sklearn.metrics.matthews_corrcoef`.

    Up to the last line, all numbers are exact integers.
    """
    n = predicted.shape[-1]
    classes = np.union1d(predicted, gold)
    p, q = class_counts(predicted, classes), class_counts(gold, classes)
    covariance = n * np.sum(predicted == gold, axis=-1, dtype=np.float64) - np.sum(p * q, axis=-1)
    variances = (n**2 - np.sum(p * p, axis=-1)) * (n**2 - np.sum(q * q, axis=-1))
    return np.asarray(covariance / np.sqrt(variances))


def _pearson(predicted: Floats, gold: Floats) -> Floats:
    """Pearson's r, as `scipy.stats.pearsonr`."""
    x, y = _normalised(predicted), _normalised(gold)
    products = np.matmul(x[..., np.newaxis, :], y[..., np.newaxis])[..., 0, 0]
    r: Floats = np.clip(products, -1.0, 1.0)
    return np.round(r) if x.shape[-1] == 2 else r


def _normalised(values: Floats) -> Floats:
    """Return deviations from the mean, divided by their Euclidean norm; NaN where all values are equal."""
    deviation = values - values.mean(axis=-1, keepdims=True)
    deviation[np.ptp(values, axis=-1) == 0] = np.nan
    largest = np.abs(deviation).max(axis=-1, keepdims=True)
    return np.asarray(deviation / (largest * np.linalg.norm(deviation / largest, axis=-1, keepdims=True)))


def _spearmanr(predicted: Floats, gold: Floats) -> Floats:
    """Spearman's rho: the correlation of ranks, as `scipy.stats.spearmanr`.

    The sums are exact up to some 300 000 examples.
    """
    x, y = centered_ranks(predicted), centered_ranks(gold)
    share = 1 / max(x.shape[-1] - 1, 1)
    covariance, x_variance, y_variance = (np.sum(a * b, axis=-1) * share for a, b in ((x, y), (x, x), (y, y)))
    return np.asarray(np.clip(covariance / np.sqrt(y_variance) / np.sqrt(x_variance), -1.0, 1.0))


def _mae(predicted: Floats, gold: Floats) -> Floats:
    """Mean absolute error, as `sklearn.metrics.mean_absolute_error`."""
    return np.asarray(np.abs(predicted - gold).mean(axis=-1))


def _mse(predicted: Floats, gold: Floats) -> Floats:
    """Mean squared error, as `sklearn.metrics.mean_squared_error`."""
    return np.asarray(((predicted - gold) ** 2).mean(axis=-1))


_FORMULAS: Mapping[str, Callable[[Floats, Floats], Floats]] = {
    "accuracy": _accuracy,
    "f1": _f1,
    "mae": _mae,
    "matthews_correlation": _matthews_correlation,
    "mse": _mse,
    "pearson": _pearson,
    "spearmanr": _spearmanr,
}
