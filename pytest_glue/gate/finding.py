"""A finding: a score beside a bound, in words."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """A score beside a bound."""

    metric: str
    score: float
    bound: float
    bound_name: str = "threshold"
    at_least: bool = False
    """Whether the score is a lower bound."""

    def text(self, relation: str) -> str:
        """For example `accuracy 0.614 < threshold 0.650`."""
        bound = f"{self.bound_name} {self.bound:.{self._digits}f}"
        return f"{self.metric} {self._at_least}{self.score:.{self._digits}f} {relation} {bound}"

    @property
    def difference(self) -> str:
        """The score minus the bound, with its sign; nothing has no minus."""
        return f"{self._at_least}{round(self.score - self.bound, self._digits) + 0.0:+.{self._digits}f}"

    @property
    def _at_least(self) -> str:
        return "at least " if self.at_least else ""

    @property
    def _digits(self) -> int:
        """Three, or as many as it takes to see that the two differ: never `0.650 < 0.650`."""
        differing = (n for n in range(3, 12) if f"{self.score:.{n}f}" != f"{self.bound:.{n}f}")
        return next(differing, 3)
