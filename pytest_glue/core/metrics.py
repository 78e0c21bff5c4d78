"""The metrics by name: their ranges and what a score of knowing nothing is. How they are computed is in scores."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Chance(StrEnum):
    """What a checkpoint that has learnt nothing can score."""

    CONSTANT = "constant"
    """The best score that one and the same prediction for every example reaches: the majority class."""

    ZERO = "zero"
    """0, as for a correlation: there a constant prediction has no score at all."""


@dataclass(frozen=True, slots=True)
class Metric:
    """A named function of predictions and references; higher is better for all of them."""

    name: str
    low: float
    high: float
    chance: Chance


METRICS = {
    metric.name: metric
    for metric in (
        Metric("accuracy", 0.0, 1.0, Chance.CONSTANT),
        Metric("f1", 0.0, 1.0, Chance.CONSTANT),
        Metric("matthews_correlation", -1.0, 1.0, Chance.ZERO),
        Metric("pearson", -1.0, 1.0, Chance.ZERO),
        Metric("spearmanr", -1.0, 1.0, Chance.ZERO),
    )
}
"""Keyed by the names that the hub's `glue` metric gives them."""


def chance_score(metric: str, references: Sequence[float]) -> float:
    """Return the best score of a checkpoint that predicts the same for every example.

    Args:
        metric: one of `metrics.METRICS`.
        references: gold labels, one for each evaluation example; at least one.
    """
    if METRICS[metric].chance is Chance.ZERO:
        return 0.0
    counts = Counter(references)
    if metric == "f1":
        return 2 * counts[1] / (len(references) + counts[1])
    return max(counts.values()) / len(references)
