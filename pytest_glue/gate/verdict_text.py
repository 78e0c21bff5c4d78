"""The sentence of a verdict, and of a score against a bound."""

from collections.abc import Sequence
from dataclasses import dataclass

from pytest_glue.core.verdict import Verdict


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

    metric: str
    score: float
    bound: float
    bound_name: str = "threshold"
    at_least: bool = False
    """Whether the score is a lower bound."""

    def text(self, relation: str) -> str:
        """Return, for example, `accuracy 0.614 < threshold 0.650`."""
        bound = f"{self.bound_name} {self.bound:.{self._digits}f}"
        return f"{self.metric} {self._at_least}{self.score:.{self._digits}f} {relation} {bound}"

    @property
    def difference(self) -> str:
        """Score minus bound with a sign; a difference that rounds to zero is +0.000, never -0.000."""
        return f"{self._at_least}{round(self.score - self.bound, self._digits) + 0.0:+.{self._digits}f}"

    @property
    def _at_least(self) -> str:
        return "at least " if self.at_least else ""

    @property
    def _digits(self) -> int:
        """Three, or as many as make the two numbers differ: never `0.650 < 0.650`."""
        differing = (n for n in range(3, 12) if f"{self.score:.{n}f}" != f"{self.bound:.{n}f}")
        return next(differing, 3)


def against_thresholds(verdict: Verdict, relation: str, comparisons: Sequence[BoundComparison]) -> VerdictText:
    text = ", ".join(each.text(relation) for each in comparisons)
    return VerdictText(verdict, text, tuple(each.difference for each in comparisons))
