"""F1, precision and recall: of class 1, or averaged over labels; with the influence of each example.

Each is the ratio of two counts of a label. The averages are those of `sklearn.metrics.precision_recall_fscore_support`:
they count labels that are predicted or references, and an undefined ratio of those as 0. Else the precision of a model
would rise when it stops predicting a rare label. Balanced accuracy is the macro average of recall over the references.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pytest_glue.statistics.arrays import Floats, indicators

RATIO_METRICS = frozenset(
    {"precision", "recall", "balanced_accuracy"}
    | {f"{ratio}_{average}" for ratio in ("f1", "precision", "recall") for average in ("macro", "micro", "weighted")}
)


class _Ratios(NamedTuple):
    """Of each label and run; arrays of shape (..., k, labels)."""

    numerators: Floats
    """Counts."""
    denominators: Floats
    weights: Floats
    """Shares of the weighted average: how many references have the label, or 1 if no label that counts has any."""
    are_counted: Floats
    """1 for a label that the average counts, else 0."""

    @property
    def values(self) -> Floats:
        """The ratio of each label; 0 where it is undefined."""
        return self.numerators / np.maximum(self.denominators, 1)

    @property
    def total_weight(self) -> Floats:
        return np.asarray(np.sum(self.weights * self.are_counted, axis=-1))


def ratio_score(metric: str, predicted: Floats, gold: Floats, *, is_multi_label: bool) -> Floats:
    """Return the scores, shape (..., k); NaN where no label counts.

    Args:
        metric: one of `RATIO_METRICS`.
        predicted: shape (..., k, n).
        gold: shape (..., 1, n).
        is_multi_label: whether labels are sets.
    """
    ratios, average = _ratios(metric, predicted, gold, is_multi_label=is_multi_label), _average(metric)
    if average == "micro":
        return np.asarray(ratios.numerators.sum(axis=-1) / ratios.denominators.sum(axis=-1))
    return np.asarray(np.sum(ratios.weights * ratios.values * ratios.are_counted, axis=-1) / ratios.total_weight)


def ratio_influence(metric: str, predicted: Floats, gold: Floats, scores: Floats, *, is_multi_label: bool) -> Floats:
    """Return each example's influence, shape (..., k, n), by the delta method; arguments as for `ratio_score`."""
    ratios, average = _ratios(metric, predicted, gold, is_multi_label=is_multi_label), _average(metric)
    score, n = scores[..., np.newaxis], predicted.shape[-1]
    influence = np.zeros(predicted.shape)
    for label, (x, y) in enumerate(_labels(metric, predicted, gold, is_multi_label=is_multi_label)):
        numerator, denominator = _parts(metric, x, y)
        of_label = _Ratios(*(each[..., label, np.newaxis] for each in ratios))
        if average == "micro":
            influence += n * (numerator - score * denominator) / ratios.denominators.sum(axis=-1, keepdims=True)
            continue
        ratio = of_label.values
        change = of_label.weights * n * (numerator - ratio * denominator) / np.maximum(of_label.denominators, 1)
        if average == "weighted":  # an example is also one of those that the label's weight counts
            has_own_weight = of_label.weights == np.sum(y, axis=-1, keepdims=True)
            change = change + np.where(has_own_weight, n * y - of_label.weights, 0) * (ratio - score)
        influence += of_label.are_counted * change / ratios.total_weight[..., np.newaxis]
    return np.where(np.isnan(score), np.nan, influence)


def _average(metric: str) -> str:
    return "macro" if metric == "balanced_accuracy" else metric.partition("_")[2]


def _labels(
    metric: str, predicted: Floats, gold: Floats, *, is_multi_label: bool
) -> Iterator[tuple[NDArray[np.bool_], NDArray[np.bool_]]]:
    """Yield where each label is predicted and where it is a reference; of class 1 only, without an average."""
    if _average(metric):
        yield from indicators(predicted, gold, is_multi_label=is_multi_label)
    else:
        yield predicted == 1, gold == 1


def _parts(metric: str, x: NDArray[np.bool_], y: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Return each example's part of numerator and denominator, from where a label is predicted and is a reference."""
    both = np.asarray(x & y, np.float64)
    if metric.startswith("f1"):
        return 2 * both, x.astype(np.float64) + y
    return both, np.asarray(np.broadcast_to(x if metric.startswith("precision") else y, both.shape), np.float64)


def _ratios(metric: str, predicted: Floats, gold: Floats, *, is_multi_label: bool) -> _Ratios:
    counts: list[list[Floats]] = [[], [], [], []]
    for x, y in _labels(metric, predicted, gold, is_multi_label=is_multi_label):
        references = np.broadcast_to(y, predicted.shape)
        for each, part in zip(counts, (*_parts(metric, x, y), references, x | references), strict=True):
            each.append(np.sum(part, axis=-1, dtype=np.float64))
    if not counts[0]:  # sets without any label
        return _Ratios(*(np.zeros((*predicted.shape[:-1], 1)) for _ in counts))
    found = _Ratios(*(np.stack(each, axis=-1) for each in counts))
    occurs = found.are_counted if metric.partition("_")[2] in {"macro", "weighted"} else found.denominators
    found = found._replace(are_counted=np.asarray(occurs > 0, np.float64))
    if _average(metric) != "weighted":
        return found._replace(weights=np.ones_like(found.weights))
    has_weight = found.total_weight[..., np.newaxis] > 0
    return found._replace(weights=np.where(has_weight, found.weights, 1.0))
