"""The areas under the ROC curve and the precision-recall curve, with the influence of each example.

With two classes they are those of class 1. With more, and for sets of labels, they are the mean over the labels that
have a curve, each against all others: some references have the label and, for a ROC curve, some have not.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from pytest_glue.statistics.arrays import Floats, has_label, probabilities

CURVE_METRICS = frozenset({"roc_auc", "average_precision"})


def curve_score(metric: str, logits: Floats, gold: Floats, *, is_multi_label: bool) -> Floats:
    """Return the areas, shape (..., k); NaN where no label has a curve.

    Args:
        metric: one of `CURVE_METRICS`.
        logits: shape (..., k, n, labels).
        gold: shape (..., 1, n).
        is_multi_label: whether labels are sets.
    """
    return _mean_over_labels(metric, logits, gold, is_multi_label=is_multi_label)[0]


def curve_influence(metric: str, logits: Floats, gold: Floats, *, is_multi_label: bool) -> Floats:
    """Return each example's influence, shape (..., k, n); arguments as for `curve_score`."""
    return _mean_over_labels(metric, logits, gold, is_multi_label=is_multi_label)[1]


def _mean_over_labels(metric: str, logits: Floats, gold: Floats, *, is_multi_label: bool) -> tuple[Floats, Floats]:
    area = _roc_auc if metric == "roc_auc" else _average_precision
    shape, n = logits.shape[:-1], logits.shape[-2]
    total, influence, count = np.zeros(shape[:-1]), np.zeros(shape), np.zeros(shape[:-1])
    for of_label, is_label in _labels(logits, gold, is_multi_label=is_multi_label):
        rows = zip(of_label.reshape(-1, n), np.broadcast_to(is_label, shape).reshape(-1, n), strict=True)
        found = [area(row, positive) for row, positive in rows]
        values = np.array([value for value, _ in found]).reshape(shape[:-1])
        has_curve = ~np.isnan(values)
        total, count = total + np.where(has_curve, values, 0), count + has_curve
        influence += np.where(has_curve[..., np.newaxis], np.reshape([each for _, each in found], shape), 0)
    return total / count, influence / count[..., np.newaxis]


def _labels(logits: Floats, gold: Floats, *, is_multi_label: bool) -> Iterator[tuple[Floats, NDArray[np.bool_]]]:
    """Yield for each label its probabilities, (..., k, n), and where it is a reference, (..., 1, n)."""
    of_labels, n_labels = probabilities(logits, is_multi_label=is_multi_label), logits.shape[-1]
    for label in range(n_labels):
        if is_multi_label:
            yield of_labels[..., label], has_label(gold, label)
        elif n_labels > 2 or label == 1:
            yield of_labels[..., label], gold == label


def _roc_auc(values: Floats, positive: NDArray[np.bool_]) -> tuple[float, Floats]:
    """Return the area and the influences, from the placements of each example among those of the other kind.

    Source: DeLong, DeLong and Clarke-Pearson 1988, Biometrics 44.
    """
    n, n_positive = positive.size, int(positive.sum())
    influence = np.full(n, np.nan)
    if n_positive in {0, n}:
        return np.nan, influence
    of_positive, of_negative = (_placements(values[this], values[~this]) for this in (positive, ~positive))
    area = float(of_positive.sum() / n_positive)
    influence[positive] = (of_positive - area) * n / n_positive
    influence[~positive] = (1 - of_negative - area) * n / (n - n_positive)
    return area, influence


def _placements(values: Floats, others: Floats) -> Floats:
    """Return the share of others that are below each value, with ties at half."""
    ordered = np.sort(others)
    below = np.searchsorted(ordered, values, "left") + np.searchsorted(ordered, values, "right")
    return np.asarray(below / (2 * others.size))


def _average_precision(values: Floats, positive: NDArray[np.bool_]) -> tuple[float, Floats]:
    """Return the area and the influences, by the delta method.

    The area is the mean, over positive examples, of the precision among the examples with a value at least as high. So
    an example counts as one of the positive ones, and in the precision of all positive ones that are not above it.
    """
    n, n_positive = positive.size, int(positive.sum())
    if not n_positive:
        return np.nan, np.full(n, np.nan)
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    left, right = np.searchsorted(ordered, values, "left"), np.searchsorted(ordered, values, "right")
    at_least = (n - left) / n
    share = n_positive / n
    precision = (n_positive - _sums(positive, order)[left]) / (n - left)
    area = float(precision[positive].mean())
    own = _sums(positive / at_least, order)[right] / n
    others = _sums(positive * precision / at_least, order)[right] / n
    return area, (positive * (precision - area) + positive * own - others) / share


def _sums(values: NDArray[np.bool_] | Floats, order: NDArray[np.intp]) -> Floats:
    """Return the sums of the first values in that order, of none to all of them: shape (n + 1,)."""
    return np.concatenate([[0.0], np.cumsum(values[order], dtype=np.float64)])
