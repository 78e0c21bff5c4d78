"""Verdicts and how they were reached."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Verdict(StrEnum):
    """What the runs of an item show."""

    PASS = "pass"  # noqa: S105 - no password
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"
    """Neither pass nor fail can be claimed from these seeds and examples."""
    DEGENERATE = "degenerate"
    """No run trained (constant predictions, no score), so that the score says nothing about the checkpoint."""


@dataclass(frozen=True, slots=True)
class FailedRun:
    """A run whose fine-tuning failed: it learned nothing."""

    seed: int
    reason: str
    """What the run did, such as `predicted the same for every example`."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict with its reason and the bounds that were applied."""

    verdict: Verdict
    reason: str
    """One sentence that names task, checkpoint, score, bound and sample sizes."""
    threshold: float | None
    """The headline metric's threshold; None if none was given."""
    chance: float
    """The chance level: the score of the best constant prediction."""
    confidence_interval: tuple[float, float] | None
    """Of the headline score, at 95 %; None if there is none."""
    baseline: Mapping[str, Any] | None
    """The comparison with a baseline, under the names of `reports.reported_comparison`; None if there was none."""
    notes: tuple[str, ...]
    failed_runs: tuple[FailedRun, ...] = ()
    is_futile: bool = False
    """Whether the seeds that may be added would hardly change an inconclusive verdict."""
