"""A verdict, and how it was reached."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Verdict(StrEnum):
    """The answer of an evaluation."""

    PASS = "pass"  # noqa: S105 - no password
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"
    """The data cannot carry an answer."""
    DEGENERATE = "degenerate"
    """The runs are broken (constant predictions, no score), which is another thing than a low score."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict with its reason, and the bound that decided it."""

    verdict: Verdict
    reason: str
    """One sentence that names task, checkpoint, score, bound and the size of the evidence."""
    threshold: float | None
    """The floor of the headline metric that was given; None where there was none."""
    chance: float
    """What knowing nothing scores."""
    confidence_interval: tuple[float, float] | None
    """Of the headline score, at 95 %; None where the score is undefined."""
    baseline: Mapping[str, Any] | None
    """What the comparison with a baseline found; None where there was none."""
    notes: tuple[str, ...]
    """What a reader should know beside the verdict."""
