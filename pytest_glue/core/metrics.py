"""The metrics by name: their ranges and what a score of knowing nothing is. How they are computed is in scores."""

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
