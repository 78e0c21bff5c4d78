"""Sets of labels: as a number whose bits are the labels, and as the vector of zeros and ones that a model learns."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


def to_vector(number: int, label_ids: Sequence[int]) -> list[float]:
    """Return a set of labels as the model's vector.

    Args:
        number: its bits are the labels in the task's order.
        label_ids: the model's id of each of the task's labels.
    """
    vector = [0.0] * (max(label_ids) + 1)
    for bit, index in enumerate(label_ids):
        vector[index] = float(number >> bit & 1)
    return vector


def to_numbers(vectors: ArrayLike, label_ids: Sequence[int]) -> NDArray[np.float64]:
    """Return the numbers of sets of labels, shape (n,): inverse of `to_vector`.

    Args:
        vectors: of shape (n, labels), true or above 0.5 where the label is in the set.
        label_ids: the model's id of each of the task's labels.
    """
    chosen = np.asarray(vectors)[:, list(label_ids)] > 0.5
    return np.asarray(chosen @ 2.0 ** np.arange(len(label_ids)), np.float64)


def label_numbers(labels: Any) -> NDArray[Any]:
    """Return the labels of encoded examples as one number each, equal for equal labels: vectors become numbers."""
    values = np.asarray(labels)
    return to_numbers(values, range(values.shape[1])) if values.ndim == 2 else values
