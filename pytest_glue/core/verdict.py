"""Verdicts and how they were reached."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from pytest_glue.core.golden import GoldenResult


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
class SliceComparison:
    """The comparison of a slice with a baseline. Scores and drops are fractions."""

    baseline_score: float
    candidate_score: float
    """Mean over the runs that trained."""
    difference: float
    """Candidate minus baseline."""
    max_drop: float
    """The allowed drop."""
    confidence_interval: tuple[float, float] | None
    """Of the difference; None if the variance between seeds is unknown."""
    confidence_level: float
    p_fail: float | None
    """One-sided p value of the null hypothesis that the drop is at most the allowed one."""
    alpha: float
    """The error rate of `fail`: the slice's share of that of the item."""
    minimum_detectable_drop: float | None
    """At that error rate, with a power of 80 %."""
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class SliceResult:
    """The score of a slice and what it says."""

    name: str
    n_eval: int
    score: float | None
    """Mean of the headline metric over the runs, as for all examples; None if undefined."""
    metrics: Mapping[str, float | None]
    """Mean of each metric over the runs."""
    confidence_interval: tuple[float, float] | None = None
    """Of the score, at 95 %; None if there is none."""
    thresholds: Mapping[str, float] = field(default_factory=dict)
    """The threshold of each metric that has one."""
    baseline: SliceComparison | None = None
    """The comparison with a baseline; None if there was none."""
    verdict: Verdict | None = None
    """None if the slice has neither thresholds nor a comparison."""
    note: str = ""
    """Why the slice is not judged, or how it fails; empty for other slices."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict with its reason and the bounds that were applied."""

    verdict: Verdict
    reason: str
    """One sentence that names task, checkpoint, score, bound and sample sizes."""
    threshold: float | None
    """The headline metric's threshold; None if none was given."""
    chance: float | None
    """The chance level: the score of the best constant prediction; None if the metric has none."""
    confidence_interval: tuple[float, float] | None
    """Of the headline score, at 95 %; None if there is none."""
    baseline: Mapping[str, Any] | None
    """The comparison with a baseline, under the names of `reports.reported_comparison`; None if there was none."""
    notes: tuple[str, ...]
    failed_runs: tuple[FailedRun, ...] = ()
    is_futile: bool = False
    """Whether the seeds that may be added would hardly change an inconclusive verdict."""
    decided_by_hook: bool = False
    """Whether a hook of the user decided, and not the bounds."""
    slices: tuple[SliceResult, ...] = ()
    """The scores of the task's slices; none if no run trained."""
    golden: GoldenResult | None = None
    """What the runs predict for the golden examples; None if the task has none, or no run trained."""

    @property
    def failed_slices(self) -> tuple[SliceResult, ...]:
        """The slices that fail the item."""
        return tuple(each for each in self.slices if each.verdict is Verdict.FAIL)
