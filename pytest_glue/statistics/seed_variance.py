"""The spread of scores between seeds: measured, or as published where there is one seed."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class SeedVariance:
    """How far the score of one checkpoint and recipe moves from seed to seed on one split."""

    standard_deviation: float
    """Of a single run's score, as a fraction."""

    degrees_of_freedom: float
    """Of the estimate: the runs that it came from, less 1."""

    source: str
    """Where it came from, as a person reads it."""

    def __post_init__(self) -> None:
        if not 0 <= self.standard_deviation < float("inf"):
            raise ValueError(f"standard deviation {self.standard_deviation!r}; accepted: a finite number from 0 up")
        if not self.degrees_of_freedom >= 1:
            raise ValueError(f"degrees of freedom {self.degrees_of_freedom!r}; accepted: 1 or more")


_SOURCE = "published: {checkpoint}, 20 seeds, IBM/model-recycling@0dfeb00"

_LARGEST: Mapping[tuple[str, str], tuple[float, str]] = {
    ("mnli", "accuracy"): (0.0028, "roberta-base"),
    ("mrpc", "accuracy"): (0.0232, "bert-base-cased"),
    ("qnli", "accuracy"): (0.0075, "bert-base-uncased"),
    ("qqp", "accuracy"): (0.0054, "bert-base-uncased"),
    ("rte", "accuracy"): (0.0217, "bert-base-cased"),
    ("sst2", "accuracy"): (0.0042, "bert-base-uncased and bert-base-cased"),
    ("wnli", "accuracy"): (0.0641, "bert-base-uncased"),
    ("cola", "accuracy"): (0.0081, "bert-base-cased"),
    ("mnli-mm", "accuracy"): (0.0028, "roberta-base on mnli"),
}
"""The largest of the three standard deviations published for a task (bert-base-uncased, bert-base-cased, roberta-base).

STS-B has published spreads too (0.18 to 0.61 points), in a metric that the source does not name, so it is left out;
CoLA has them for accuracy and not for Matthews.
"""

PUBLISHED: Mapping[tuple[str, str], SeedVariance] = MappingProxyType(
    {
        key: SeedVariance(value, 19, _SOURCE.format(checkpoint=checkpoint))
        for key, (value, checkpoint) in _LARGEST.items()
    }
)
"""Keyed by task and metric."""


def published_seed_variance(task: str, metric: str) -> SeedVariance | None:
    """Return the published spread of a task's metric; None where there is none.

    It is a prior of last resort, for one run where no own runs tell the spread: other recipes have other spreads (an
    unstable one several times as wide).
    """
    return PUBLISHED.get((task, metric))
