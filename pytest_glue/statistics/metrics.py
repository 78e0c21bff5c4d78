"""The scores of runs, vectorised over runs; files such as `ratio_metrics` have the formulas of families of metrics."""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import ArrayLike

from pytest_glue.core.metrics import METRICS, find_metric, needs_logits
from pytest_glue.core.tasks import Kind, Task
from pytest_glue.statistics import arrays
from pytest_glue.statistics.arrays import centered_ranks, class_counts
from pytest_glue.statistics.curve_metrics import CURVE_METRICS, curve_score
from pytest_glue.statistics.own_metrics import is_own, own_score
from pytest_glue.statistics.probability_metrics import PROBABILITY_METRICS, probability_score
from pytest_glue.statistics.ratio_metrics import RATIO_METRICS, ratio_score

Floats = arrays.Floats


def score(metric: str, outputs: ArrayLike, references: ArrayLike, kind: Kind | None = None) -> Floats:
    """Return the metric's value for each run.

    Args:
        metric: a name of `core.metrics.METRICS`. F1 is that of class 1; Matthews takes any number of classes.
        outputs: predictions, shape (..., k, n): k runs, n examples; classes, sets of labels (see `Task`), or numbers
            for a regression. Logits, shape (..., k, n, labels), for a metric that needs probabilities.
        references: shape (..., n): the gold labels of the same n examples.
        kind: of the task; it matters for metrics that fit several kinds.

    Returns:
        Shape (..., k). NaN where the metric is undefined: a correlation or Matthews with constant predictions or
        references, F1 if class 1 is neither predicted nor a reference. (scikit-learn returns 0 for Matthews and F1
        there, by convention.)

    Raises:
        ValueError: an unknown metric, shapes that do not fit, or a value that is not finite.
    """
    find_metric(metric)
    return score_aligned(metric, *aligned(metric, outputs, references), kind)


def compute(
    task: Task, predictions: ArrayLike, references: ArrayLike, logits: ArrayLike | None = None
) -> dict[str, float]:
    """Return each metric of the task for one run.

    Args:
        task: names the metrics.
        predictions: shape (n,): class ids in the task's order, sets of labels, or numbers for a regression.
        references: shape (n,): gold labels.
        logits: shape (n, labels), in the task's order; None if no metric needs them.

    Returns:
        The scores by metric; NaN where a metric is undefined. All are undefined without examples, or if a value is
        not finite.

    Raises:
        ValueError: the shapes differ, or logits are missing.
    """
    predicted, gold = np.asarray(predictions, np.float64), np.asarray(references, np.float64)
    if predicted.shape != gold.shape or predicted.ndim != 1:
        message = f"predictions of shape {predicted.shape} and references of shape {gold.shape}: accepted is (n,) twice"
        raise ValueError(message)
    if logits is None and needs_logits(task):
        raise ValueError(f"no logits; accepted for {', '.join(task.metrics)}: (n, {task.num_labels})")
    values = np.empty(0) if logits is None else np.asarray(logits, np.float64)
    if logits is not None and values.shape != (*gold.shape, task.num_labels):
        raise ValueError(f"logits of shape {values.shape}; accepted: {(*gold.shape, task.num_labels)}")
    if not gold.size or not all(np.isfinite(each).all() for each in (predicted, gold, values)):
        return dict.fromkeys(task.metrics, np.nan)

    def of(metric: str) -> float:
        outputs = values if needs_probabilities(metric) else predicted
        return float(score_aligned(metric, outputs, gold, task.kind))

    return {name: of(name) for name in task.metrics}


def score_aligned(metric: str, outputs: Floats, gold: Floats, kind: Kind | None = None) -> Floats:
    """Return the scores, shape (...), of predictions that broadcast to (..., n), or of logits; see `score`."""
    is_multi_label = kind is Kind.MULTI_LABEL
    with np.errstate(divide="ignore", invalid="ignore"):
        if is_own(metric):
            found = own_score(metric, outputs, gold, kind)
        elif metric in RATIO_METRICS:
            found = ratio_score(metric, outputs, gold, is_multi_label=is_multi_label)
        elif metric in CURVE_METRICS:
            found = curve_score(metric, outputs, gold, is_multi_label=is_multi_label)
        elif metric in PROBABILITY_METRICS:
            found = probability_score(metric, outputs, gold)
        else:
            found = _FORMULAS[metric](outputs, gold)
        return np.asarray(found, np.float64)


def needs_probabilities(metric: str) -> bool:
    """Return whether the metric is computed from logits instead of predictions."""
    return metric in METRICS and METRICS[metric].needs_probabilities


def aligned(metric: str, outputs: ArrayLike, references: ArrayLike) -> tuple[Floats, Floats]:
    """Return predictions (..., k, n) and references (..., 1, n) as floats that broadcast against each other.

    If the metric needs probabilities, the outputs are logits (..., k, n, labels).

    Raises:
        ValueError: shapes that do not fit, fewer than two examples, or a value that is not finite.
    """
    found, gold = np.asarray(outputs, np.float64), np.asarray(references, np.float64)
    name, more = ("logits", 1) if needs_probabilities(metric) else ("predictions", 0)
    examples = found.shape[: found.ndim - more]
    if len(examples) < 2 or gold.ndim < 1 or examples[-1] != gold.shape[-1]:
        accepted = "(runs, examples, labels)" if more else "(runs, examples)"
        raise ValueError(
            f"{name} of shape {found.shape} do not fit references of shape {gold.shape}; "
            f"accepted: {accepted} and (examples,)"
        )
    if examples[-2] < 1 or examples[-1] < 2:
        raise ValueError(f"{name} of shape {found.shape}: at least 1 run and 2 examples are needed")
    if more and found.shape[-1] < 2:
        raise ValueError(f"logits of shape {found.shape}: at least 2 labels are needed")
    for what, values in ((name, found), ("references", gold)):
        if not np.isfinite(values).all():
            raise ValueError(f"{what} hold a value that is not finite")
    return found, gold[..., np.newaxis, :]


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


def _cohen_kappa(predicted: Floats, gold: Floats) -> Floats:
    """Cohen's kappa: the agreement beyond that of independent labels, as `sklearn.metrics.cohen_kappa_score`."""
    n, classes = predicted.shape[-1], np.union1d(predicted, gold)
    agreement = (predicted == gold).mean(axis=-1)
    expected = np.sum(class_counts(predicted, classes) * class_counts(gold, classes), axis=-1) / n**2
    return np.asarray((agreement - expected) / (1 - expected))


def _r2(predicted: Floats, gold: Floats) -> Floats:
    """The explained share of the references' variance, as `sklearn.metrics.r2_score`; NaN if they are constant."""
    residuals = np.sum((gold - predicted) ** 2, axis=-1)
    total = np.sum((gold - gold.mean(axis=-1, keepdims=True)) ** 2, axis=-1)
    return np.asarray(np.where(np.ptp(gold, axis=-1) == 0, np.nan, 1 - residuals / total))


_FORMULAS: Mapping[str, Callable[[Floats, Floats], Floats]] = {
    "accuracy": _accuracy,
    "cohen_kappa": _cohen_kappa,
    "f1": _f1,
    "mae": _mae,
    "matthews_correlation": _matthews_correlation,
    "mse": _mse,
    "pearson": _pearson,
    "r2": _r2,
    "spearmanr": _spearmanr,
}
