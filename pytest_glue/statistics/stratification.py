"""Strata of examples, from which random choices take the same share."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pytest_glue.core.tasks import Kind

STRATA = 10
"""Number of quantile groups that a regression's labels are stratified by."""


def strata(labels: ArrayLike, kind: Kind | None) -> NDArray[np.int64]:
    """Return the stratum of each label: its class, its set of labels, or its decile.

    Sets that only one example has are one stratum, as a stratum needs two examples; if it is the only one with a single
    example, it joins the largest stratum.

    Args:
        labels: shape (n,): class ids, numbers, or numbers whose bits are labels.
        kind: of the task.
    """
    values = np.asarray(labels)
    if kind is Kind.REGRESSION:
        return _deciles(values)
    _, found, counts = np.unique(values, return_inverse=True, return_counts=True)
    if kind is Kind.MULTI_LABEL:
        rare = counts[found] == 1
        found = np.where(rare, -1, found)
        if rare.sum() == 1:
            found = np.where(rare, counts.argmax(), found)
    return np.asarray(found, np.int64)


def _deciles(values: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the quantile group of each label: ten groups, or fewer if a group would have less than 20 labels."""
    groups = max(min(STRATA, len(values) // 20), 1)
    ranks = np.argsort(np.argsort(values, kind="stable"), kind="stable")
    return ranks * groups // len(values)
