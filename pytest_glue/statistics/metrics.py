"""The metrics, for many runs at once."""

import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from pytest_glue.core.tasks import Task

Floats = NDArray[np.float64]
METRIC_NAMES = ("accuracy", "f1", "matthews_correlation", "pearson", "spearmanr")


def score(metric: str, predictions: ArrayLike, references: ArrayLike) -> Floats:
    """Return the metric's value for each run.

    Args:
        metric: one of `METRIC_NAMES`; f1 is that of class 1 against the rest, Matthews takes any number of classes.
        predictions: shape (..., k, n): k runs, n examples; class ids, or numbers for the two correlations.
        references: shape (..., n): the gold labels of the same n examples.

    Returns:
        Shape (..., k), as fractions; NaN where the metric is undefined (a constant side of a correlation or of
        Matthews, an f1 without any positive; scikit-learn writes 0 for Matthews and f1 there, by convention).

    Raises:
        ValueError: an unknown metric, shapes that do not fit, or a value that is not finite.
    """
    check_metric(metric)
    return score_aligned(metric, *aligned(predictions, references))


def score_aligned(metric: str, predicted: Floats, gold: Floats) -> Floats:
    """Return `score` of what `aligned` returned."""
    if metric == "accuracy":
        return np.asarray((predicted == gold).mean(axis=-1), np.float64)
    if metric == "f1":
        return _f1(predicted == 1, gold == 1)
    if metric == "matthews_correlation" and not (is_binary(predicted) and is_binary(gold)):
        return _matthews(predicted, gold)
    if metric == "spearmanr":
        predicted, gold = midranks(predicted), midranks(gold)
    return _correlation(predicted, gold)


def check_metric(metric: str) -> None:
    """Raise ValueError for a metric that has no formula here."""
    if metric not in METRIC_NAMES:
        raise ValueError(f"unknown metric {metric!r}; accepted: {', '.join(METRIC_NAMES)}")


def aligned(predictions: ArrayLike, references: ArrayLike) -> tuple[Floats, Floats]:
    """Return predictions (..., k, n) and references (..., 1, n) as floats that broadcast against each other.

    Raises:
        ValueError: shapes that do not fit, no examples, or a value that is not finite.
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


def centered(values: Floats) -> tuple[Floats, Floats]:
    """Return values less their mean over examples, and their variance (..., 1): exactly 0 where they are constant."""
    deviation = values - values.mean(axis=-1, keepdims=True)
    constant = values.min(axis=-1, keepdims=True) == values.max(axis=-1, keepdims=True)
    variance = np.where(constant, 0.0, np.mean(deviation**2, axis=-1, keepdims=True))
    return deviation, variance


def is_binary(labels: Floats) -> bool:
    """Return whether all labels are 0 or 1: for those, Matthews is Pearson."""
    return bool(((labels == 0) | (labels == 1)).all())


def midranks(values: Floats) -> Floats:
    """Return ranks scaled to (0, 1): the share of examples below, ties counted half; same shape."""
    n = values.shape[-1]
    rows = values.reshape(-1, n)
    ranks = np.empty_like(rows)
    for row, rank in zip(rows, ranks, strict=True):
        ordered = np.sort(row)
        rank[:] = (np.searchsorted(ordered, row, "left") + np.searchsorted(ordered, row, "right")) / (2 * n)
    return ranks.reshape(values.shape)


def class_shares(labels: Floats, classes: Floats) -> Floats:
    """Return the share of each class among the labels: from (..., n) and (classes,) to (..., classes)."""
    return np.stack([np.mean(labels == value, axis=-1) for value in classes], axis=-1)


def matthews_parts(predicted: Floats, gold: Floats) -> tuple[Floats, Floats, Floats]:
    """Return each example's share of the covariance and of the two variances of one-hot labels; shapes (..., k, n).

    Their means over examples are the parts of Gorodkin's R_K, which for two classes is Matthews' coefficient.
    """
    predicted, gold = np.broadcast_arrays(predicted, gold)
    classes = np.unique(np.concatenate([np.unique(predicted), np.unique(gold)]))
    p, q = class_shares(predicted, classes), class_shares(gold, classes)
    p_of_predicted, q_of_gold = _pick(p, classes, predicted), _pick(q, classes, gold)
    covariance = (predicted == gold) - _pick(q, classes, predicted) - _pick(p, classes, gold) + _dot(p, q)
    return covariance, 1 - 2 * p_of_predicted + _dot(p, p), 1 - 2 * q_of_gold + _dot(q, q)


def _pick(shares: Floats, classes: Floats, labels: Floats) -> Floats:
    return np.take_along_axis(shares, np.searchsorted(classes, labels), axis=-1)


def _dot(left: Floats, right: Floats) -> Floats:
    return np.asarray(np.sum(left * right, axis=-1, keepdims=True), np.float64)


def _matthews(predicted: Floats, gold: Floats) -> Floats:
    covariance, of_predicted, of_gold = (part.mean(axis=-1) for part in matthews_parts(predicted, gold))
    constant = (np.ptp(predicted, axis=-1) == 0) | (np.ptp(gold, axis=-1) == 0)
    return _ratio(covariance, np.where(constant, 0.0, np.sqrt(np.abs(of_predicted * of_gold))))


def _f1(predicted: NDArray[np.bool_], gold: NDArray[np.bool_]) -> Floats:
    both = np.sum(predicted & gold, axis=-1)
    return _ratio(2.0 * both, predicted.sum(axis=-1) + gold.sum(axis=-1, dtype=np.float64))


def _correlation(predicted: Floats, gold: Floats) -> Floats:
    (x, x_variance), (y, y_variance) = centered(predicted), centered(gold)
    covariance = np.sum(x * y, axis=-1) / x.shape[-1]
    return np.clip(_ratio(covariance, np.sqrt(x_variance * y_variance)[..., 0]), -1, 1)


def _ratio(numerator: Floats, denominator: Floats) -> Floats:
    undefined = denominator == 0
    return np.where(undefined, np.nan, numerator / np.where(undefined, 1.0, denominator))


def accuracy(predictions: NDArray[Any], references: NDArray[Any]) -> float:
    """Share of equal pairs; NaN for none. Both of shape (n,)."""
    return float(np.mean(predictions == references)) if len(references) else np.nan


def f1(predictions: NDArray[Any], references: NDArray[Any]) -> float:
    """F1 of class 1; NaN if class 1 is neither predicted nor there. Both of shape (n,)."""
    if not len(references):
        return np.nan
    from sklearn.metrics import f1_score

    return float(f1_score(references, predictions, zero_division=np.nan))


def matthews_correlation(predictions: NDArray[Any], references: NDArray[Any]) -> float:
    """Matthews correlation; NaN where either side is constant (0/0; scikit-learn says 0 there). Both of shape (n,)."""
    if _constant(predictions) or _constant(references):
        return np.nan
    from sklearn.metrics import matthews_corrcoef

    return float(matthews_corrcoef(references, predictions))


def pearson(predictions: NDArray[Any], references: NDArray[Any]) -> float:
    """Pearson correlation; NaN where either side is constant or holds NaN. Both of shape (n,)."""
    return _scipy_correlation(stats.pearsonr, predictions, references)


def spearmanr(predictions: NDArray[Any], references: NDArray[Any]) -> float:
    """Spearman's rank correlation; NaN where either side is constant or holds NaN. Both of shape (n,)."""
    return _scipy_correlation(stats.spearmanr, predictions, references)


FUNCTIONS: Mapping[str, Callable[[NDArray[Any], NDArray[Any]], float]] = {
    function.__name__: function for function in (accuracy, f1, matthews_correlation, pearson, spearmanr)
}


def compute(task: Task, predictions: ArrayLike, references: ArrayLike) -> dict[str, float]:
    """Return each metric of the task; NaN for one that is undefined, as all are where a prediction is no number.

    Args:
        task: says which metrics.
        predictions: shape (n,): class ids in the task's order, or numbers for a regression.
        references: shape (n,): gold labels.

    Raises:
        ValueError: the shapes differ.
    """
    predicted, gold = np.asarray(predictions, dtype=np.float64), np.asarray(references, dtype=np.float64)
    if predicted.shape != gold.shape or predicted.ndim != 1:
        message = f"predictions of shape {predicted.shape} and references of shape {gold.shape}: accepted is (n,) twice"
        raise ValueError(message)
    if not np.all(np.isfinite(predicted)):
        return dict.fromkeys(task.metrics, np.nan)
    return {name: FUNCTIONS[name](predicted, gold) for name in task.metrics}


def _constant(values: NDArray[Any]) -> bool:
    return len(values) == 0 or bool(np.all(values == values[0]))


def _scipy_correlation(function: Callable[..., Any], predictions: NDArray[Any], references: NDArray[Any]) -> float:
    if len(references) < 2 or _constant(predictions) or _constant(references):
        return np.nan
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", stats.NearConstantInputWarning)
        return float(function(predictions, references).statistic)
