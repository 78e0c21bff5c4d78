"""The table of metrics and the chance level; `statistics.metrics` computes scores."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, isfinite, sqrt
from statistics import NormalDist, fmean, median
from sys import float_info

from pytest_glue.core.formatting import decimal, fitting_digits
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

    @property
    def sign(self) -> int:
        """1 if higher is better, else -1. A score times this is oriented: higher is better."""
        return 1 if self.greater_is_better else -1

    @property
    def best(self) -> float:
        """The end of the range that is better."""
        return self.high if self.greater_is_better else self.low

    @property
    def worst(self) -> float:
        """The end of the range that is worse."""
        return self.low if self.greater_is_better else self.high

    @property
    def is_bounded(self) -> bool:
        """Whether the range has two ends."""
        return isfinite(self.low) and isfinite(self.high)

    @property
    def range_text(self) -> str:
        """The range, as the end of a sentence."""
        if self.is_bounded:
            return f"a number from {self.low:g} to {self.high:g}"
        if isfinite(self.low):
            return f"a number of at least {self.low:g}"
        return f"a number of at most {self.high:g}" if isfinite(self.high) else "a number"

    @property
    def drop(self) -> str:
        """What a worse score is, for sentences: a drop, or a rise."""
        return "drop" if self.greater_is_better else "rise"

    @property
    def undefined_score(self) -> float:
        """What an undefined score counts as where epochs and trials are compared.

        It is 0, the chance level of correlations. Where lower is better, 0 would be the best score: it is the worst.
        """
        if self.greater_is_better:
            return 0.0
        return self.high if isfinite(self.high) else float_info.max

    def is_score(self, value: object) -> bool:
        """Return whether a value is a finite number in the range."""
        if not isinstance(value, int | float) or isinstance(value, bool):
            return False
        return max(self.low, -float_info.max) <= value <= min(self.high, float_info.max)

    def text(self, score: float, sign: str = "") -> str:
        """Return a score or a difference for people: with three decimals; in metrics without bounds, with six digits.

        Args:
            score: the number.
            sign: `+` to show the sign of positive numbers too.
        """
        return decimal(score, sign, 3 if self.is_bounded else fitting_digits(score))


METRICS = {
    metric.name: metric
    for metric in (
        Metric("accuracy", 0.0, 1.0, kinds=(Kind.CLASSIFICATION, Kind.MULTI_LABEL)),
        Metric("f1", 0.0, 1.0),
        Metric("mae", 0.0, inf, greater_is_better=False, kinds=(Kind.REGRESSION,)),
        Metric("matthews_correlation", -1.0, 1.0, is_correlation=True),
        Metric("mse", 0.0, inf, greater_is_better=False, kinds=(Kind.REGRESSION,)),
        Metric("pearson", -1.0, 1.0, is_correlation=True, kinds=(Kind.REGRESSION,)),
        Metric("spearmanr", -1.0, 1.0, is_correlation=True, kinds=(Kind.REGRESSION,)),
    )
}
"""By the names of the hub's `glue` metric."""


def find_metric(name: str) -> Metric:
    """Return the metric of that name.

    Raises:
        ValueError: there is none.
    """
    if name not in METRICS:
        raise ValueError(f"unknown metric {name!r}; accepted: {', '.join(METRICS)}")
    return METRICS[name]


def chance_level(metric: str, references: Sequence[float]) -> float:
    """Return the score of the best constant prediction; 0 for a correlation, which a constant lacks.

    Args:
        metric: a key of `METRICS`.
        references: gold labels, one for each evaluation example; at least one.
    """
    if METRICS[metric].is_correlation:
        return 0.0
    if metric in _ERRORS:
        return fmean(_errors_of_a_constant(metric, references))
    counts = Counter(references)
    if metric == "f1":
        return 2 * counts[1] / (len(references) + counts[1])
    return max(counts.values()) / len(references)


_ERRORS = frozenset({"mae", "mse"})
"""Means of an error that each example has."""


def _errors_of_a_constant(metric: str, references: Sequence[float]) -> list[float]:
    """Return each example's error under the best constant: of squared errors the mean, of absolute ones the median."""
    if metric == "mse":
        center = fmean(references)
        return [(reference - center) ** 2 for reference in references]
    center = median(references)
    return [abs(reference - center) for reference in references]


CHANCE_ALPHA = 0.05
"""One-sided error rate at which a score beats the chance level, unless the user asks for another."""


def chance_bound(metric: str, references: Sequence[float], alpha: float = CHANCE_ALPHA) -> float:
    """Return the score beyond which a run or an item is significantly better than chance, whatever the seeds.

    It is the chance level plus a margin, or less it where lower is better: the one-sided normal quantile times the
    standard error of the chance level on as many examples. That is the error of a share for accuracy, by the delta
    method for F1 (of `2 p / (1 + p)` in the share p of class 1), of a mean for mean errors, and `1 / sqrt(n - 1)` for a
    correlation (of independent values).

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
    elif metric in _ERRORS:
        errors = _errors_of_a_constant(metric, references)
        standard_error = sqrt(fmean((error - level) ** 2 for error in errors) / n)
    else:
        standard_error = sqrt(level * (1 - level) / n)
    margin = NormalDist().inv_cdf(1 - alpha) * standard_error
    return level + margin if METRICS[metric].greater_is_better else level - margin


def least_chance_level(metric: str, num_labels: int) -> float:
    """Return the lowest chance level that any evaluation split of the task can have, or the highest if lower is better.

    Args:
        metric: a key of `METRICS`.
        num_labels: the task's number of classes; 1 for a regression.
    """
    if not METRICS[metric].greater_is_better:
        return METRICS[metric].worst
    return 1 / num_labels if metric == "accuracy" else 0.0
