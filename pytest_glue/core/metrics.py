"""The table of metrics and the chance level; `statistics.metrics` computes scores."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

from pytest_glue.core.tasks import Kind


@dataclass(frozen=True, slots=True)
class Metric:
    """A named function of predictions, or of probabilities, and references."""

    name: str
    low: float
    """The lowest value; minus infinity if there is none."""
    high: float
    """The highest value; infinity if there is none."""
    is_correlation: bool = False
    greater_is_better: bool = True
    needs_probabilities: bool = False
    """Whether it is computed from the logits of each example, and not from its prediction."""
    kinds: tuple[Kind, ...] = (Kind.CLASSIFICATION,)
    """The kinds of tasks that it fits."""


METRICS = {
    metric.name: metric
    for metric in (
        Metric("accuracy", 0.0, 1.0, kinds=(Kind.CLASSIFICATION, Kind.MULTI_LABEL)),
        Metric("f1", 0.0, 1.0),
        Metric("matthews_correlation", -1.0, 1.0, is_correlation=True),
        Metric("pearson", -1.0, 1.0, is_correlation=True, kinds=(Kind.REGRESSION,)),
        Metric("spearmanr", -1.0, 1.0, is_correlation=True, kinds=(Kind.REGRESSION,)),
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


CHANCE_ALPHA = 0.05
"""One-sided error rate at which a score beats the chance level, unless the user asks for another."""


def chance_bound(metric: str, references: Sequence[float], alpha: float = CHANCE_ALPHA) -> float:
    """Return the score above which a run or an item is significantly better than chance, whatever the seeds.

    It is the chance level plus a margin: the one-sided normal quantile times the standard error of the chance level on
    as many examples. That is the error of a share for accuracy, by the delta method for F1 (of `2 p / (1 + p)` in the
    share p of class 1), and `1 / sqrt(n - 1)` for a correlation (of independent values).

    Args:
        metric: a key of `METRICS`.
        references: gold labels, one for each evaluation example; at least one.
        alpha: the one-sided error rate.
    """
    n, level = len(references), chance_level(metric, references)
    if METRICS[metric].is_correlation:
        standard_error = 1 / sqrt(max(n - 1, 1))
    elif metric == "f1":
        share = Counter(references)[1] / n
        standard_error = 2 / (1 + share) ** 2 * sqrt(share * (1 - share) / n)
    else:
        standard_error = sqrt(level * (1 - level) / n)
    return level + NormalDist().inv_cdf(1 - alpha) * standard_error


def lowest_chance_level(metric: str, num_labels: int) -> float:
    """Return the lowest chance level that any evaluation split of the task can have.

    Args:
        metric: a key of `METRICS`.
        num_labels: the task's number of classes; 1 for a regression.
    """
    return 1 / num_labels if metric == "accuracy" else 0.0
