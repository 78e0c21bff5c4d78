"""Arrays of labels and logits: counts, ranks, probabilities and the labels of a set."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, softmax

Floats = NDArray[np.float64]


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


def probabilities(logits: Floats, *, is_multi_label: bool) -> Floats:
    """Return the probability of each label, same shape: of one of them (softmax), or of each by itself (sigmoid)."""
    return np.asarray(expit(logits) if is_multi_label else softmax(logits, axis=-1), np.float64)


def has_label(sets: Floats, label: int) -> NDArray[np.bool_]:
    """Return whether each set of labels has a label, same shape."""
    return np.asarray((sets.astype(np.int64) >> label) & 1, np.bool_)


def label_matrix(sets: ArrayLike, n_labels: int) -> Floats:
    """Return 1 for each label that a set has and 0 for each other, set after set: (..., n) to (..., n * labels)."""
    values = np.asarray(sets, np.float64)
    of_labels = np.stack([has_label(values, label) for label in range(n_labels)], axis=-1)
    return of_labels.reshape(*values.shape[:-1], -1).astype(np.float64)


def indicators(
    predicted: Floats, gold: Floats, *, is_multi_label: bool
) -> Iterator[tuple[NDArray[np.bool_], NDArray[np.bool_]]]:
    """Yield for each label that occurs, in ascending order, where it is predicted and where it is a reference."""
    if is_multi_label:
        used = int(np.bitwise_or.reduce(np.concatenate([predicted.ravel(), gold.ravel()]).astype(np.int64)))
        for label in range(used.bit_length()):
            if used >> label & 1:
                yield has_label(predicted, label), has_label(gold, label)
    else:
        for each in np.union1d(predicted, gold):
            yield predicted == each, gold == each
