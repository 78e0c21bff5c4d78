"""The table of metrics and the chance level; `statistics.metrics` computes scores."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Metric:
    """A named function of predictions and references; higher is better for all of them."""

    name: str
    low: float
    high: float
    is_correlation: bool


METRICS = {
    metric.name: metric
    for metric in (
        Metric("accuracy", 0.0, 1.0, is_correlation=False),
        Metric("f1", 0.0, 1.0, is_correlation=False),
        Metric("matthews_correlation", -1.0, 1.0, is_correlation=True),
        Metric("pearson", -1.0, 1.0, is_correlation=True),
        Metric("spearmanr", -1.0, 1.0, is_correlation=True),
    )
}
"""By the names of the hub's `glue` metric."""


def chance_level(metric: str, references: Sequence[float]) -> float:
    """Return the score of the best constant prediction, as a fraction; 0 for a correlation, which a constant lacks.

    Args:
        metric: a key of `METRICS`.
        references: gold labels, one for each evaluation example; at least one.
    """
    if METRICS[metric].is_correlation:
        return 0.0
    counts = Counter(references)
    if metric == "f1":
        return 2 * counts[1] / (len(references) + counts[1])
    return max(counts.values()) / len(references)


def lowest_chance_level(metric: str, num_labels: int) -> float:
    """Return the lowest chance level that any evaluation split of the task can have.

    Args:
        metric: a key of `METRICS`.
        num_labels: the task's number of classes; 1 for a regression.
    """
    return 1 / num_labels if metric == "accuracy" else 0.0
