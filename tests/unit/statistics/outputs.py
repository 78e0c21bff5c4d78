"""Predictions, logits and references of simulated runs."""

import numpy as np
from numpy.typing import NDArray

from pytest_glue.core.metrics import METRICS
from pytest_glue.core.tasks import Kind

Array = NDArray[np.float64]


def simulated(
    metric: str, kind: Kind, n: int, rng: np.random.Generator, *, runs: int = 3, classes: int = 3
) -> tuple[Array, Array]:
    """Return the outputs that a metric is computed from, of good runs, and references.

    Classes are skewed, and logits have ties.
    """
    if kind is Kind.REGRESSION:
        gold = np.round(rng.normal(size=n), 1)
        return np.round(gold + rng.normal(size=(runs, n)) / 2, 1), gold
    if kind is Kind.MULTI_LABEL:
        has = rng.random((n, classes)) < np.linspace(0.2, 0.5, classes)
        logits = np.round(2 * has - 1 + rng.normal(size=(runs, n, classes)), 1)
        predicted, labels = ((labels @ 2 ** np.arange(classes)) for labels in (logits > 0, has))
    else:
        shares = np.linspace(1, 2, classes) / np.linspace(1, 2, classes).sum()
        labels = rng.choice(classes, n, p=shares)
        logits = np.round(1.5 * np.eye(classes)[labels] + rng.normal(size=(runs, n, classes)), 1)
        predicted = logits.argmax(axis=-1)
    return (logits if METRICS[metric].needs_probabilities else predicted.astype(float)), labels.astype(float)


def cases() -> list[tuple[str, Kind, int]]:
    """Return each metric with each kind and number of classes that it is for."""
    found = []
    for metric in METRICS.values():
        for kind in metric.kinds:
            sizes = [metric.num_labels] if metric.num_labels else [2, 4]
            found += [(metric.name, kind, size or 2) for size in (sizes if kind is not Kind.REGRESSION else [1])]
    return found
