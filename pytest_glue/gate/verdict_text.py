"""The sentence of a verdict, and of a score against a bound."""

from collections.abc import Sequence
from dataclasses import dataclass

from pytest_glue.core.formatting import decimal, fitting_digits
from pytest_glue.core.metrics import Metric
from pytest_glue.core.verdict import Verdict

_ROUNDING = 1e-9
"""Scores this close are equal: less than one example can change a score, more than floating point does."""


@dataclass(frozen=True, slots=True)
class VerdictText:
    """A verdict and the parts of its sentence."""

    verdict: Verdict
    text: str
    facts: tuple[str, ...] = ()
    """Shown in the sentence's brackets, before the sample sizes."""
    is_comparison: bool = False
    """Whether the facts are those of a comparison with a baseline, which has the numbers of seeds."""


@dataclass(frozen=True, slots=True)
class BoundComparison:
    """A score and the bound that it is compared with."""

    metric: Metric
    score: float
    bound: float
    bound_name: str = "threshold"
    is_limit: bool = False
    """Whether the score is only the worst that it can be, since a run was stopped."""

    @property
    def is_missed(self) -> bool:
        """Whether the score is worse than the bound."""
        return self.lead < -self.rounding

    @property
    def lead(self) -> float:
        """By how much the score is better than the bound."""
        return self.metric.sign * (self.score - self.bound)

    @property
    def rounding(self) -> float:
        return _ROUNDING * max(abs(self.bound), 1.0)

    def text(self, relation: str) -> str:
        """Return, for example, `accuracy 0.614 < threshold 0.650`; where lower is better, the relation is reversed."""
        shown = relation if self.metric.greater_is_better else _REVERSED.get(relation, relation)
        bound = f"{self.bound_name} {decimal(self.bound, digits=self._digits)}"
        return f"{self.metric.name} {self._limit}{decimal(self.score, digits=self._digits)} {shown} {bound}"

    @property
    def difference(self) -> str:
        """Score minus bound with a sign; a difference that rounds to zero is +0.000, never -0.000."""
        return f"{self._limit}{decimal(self.score - self.bound, '+', self._digits)}"

    @property
    def _limit(self) -> str:
        return ("at least " if self.metric.greater_is_better else "at most ") if self.is_limit else ""

    @property
    def _digits(self) -> int:
        """Three, or as many as make the two numbers differ: never `0.650 < 0.650`; others if they have no bounds."""
        fewest = 3 if self.metric.is_bounded else fitting_digits(self.bound)
        differing = (n for n in range(fewest, 13) if f"{self.score:.{n}f}" != f"{self.bound:.{n}f}")
        return next(differing, fewest)


_REVERSED = {"<": ">", ">": "<", ">=": "<="}


def against_thresholds(verdict: Verdict, relation: str, comparisons: Sequence[BoundComparison]) -> VerdictText:
    text = ", ".join(each.text(relation) for each in comparisons)
    return VerdictText(verdict, text, tuple(each.difference for each in comparisons))
