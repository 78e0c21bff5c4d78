"""The evaluation of one item: its runs, what they have in common, and the verdict on them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pytest_glue.core.checkpoints import Checkpoint, Origin
from pytest_glue.core.error_analysis import CalibrationBin, ConfusionMatrix, LabelScores, ResidualBin
from pytest_glue.core.errors import VerdictError
from pytest_glue.core.golden import GoldenResult
from pytest_glue.core.metrics import METRICS
from pytest_glue.core.runs import Run, RunConditions, Scores, mean_scores
from pytest_glue.core.study import Study
from pytest_glue.core.tasks import Kind
from pytest_glue.core.verdict import FailedRun, Judgement, SliceResult, Verdict

Outcome = Literal["passed", "failed", "error", "skipped", "xfailed", "xpassed"]
"""What pytest says about an item's test; a verdict is only one of the things that a test can fail for."""
SYNTHETIC_DATA = "SYNTHETIC DATA: good for trying out the gate, no evidence of quality"
SYNTHETIC_CHECKPOINT = "SYNTHETIC CHECKPOINT: good for trying out the gate, no evidence of quality"
"""The same about the sample's checkpoint on the user's own data."""
SAMPLE_DESCRIPTION = "sample (synthetic data)"
"""How header and reports name the data source `sample`."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What the fixture `glue_evaluation` returns; it crosses processes as plain data."""

    nodeid: str
    task: str
    headline_metric: str
    data: str
    """The source of the examples."""
    conditions: RunConditions
    runs: tuple[Run, ...]
    judgement: Judgement
    failed: bool
    """Whether the verdict fails the test: `fail` and `degenerate` do, `inconclusive` if the user asked for it."""
    duration_s: float
    notes: tuple[str, ...] = ()
    """All notes for the reader, those of conditions and judgement included."""
    labels: tuple[str, ...] = ()
    """Of the task, in the order of their ids; empty for a regression."""
    kind: Kind = Kind.CLASSIFICATION
    """Of the task."""
    confusion_matrix: ConfusionMatrix | None = None
    """Of a classification; None for other tasks, and for too many labels to show."""
    label_scores: tuple[LabelScores, ...] = ()
    """Of a multi-label task, and of a classification with too many labels for a matrix; empty for other tasks."""
    residuals: tuple[ResidualBin, ...] = ()
    """Of a regression, by gold value; empty for other tasks."""
    calibration: tuple[CalibrationBin, ...] = ()
    """Of predictions by their probability; empty if the runs keep no logits."""
    evaluation_split: str = ""
    """Of the task; empty for an evaluation that was read from a report."""
    slice_indices: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """The evaluation examples of each of the task's slices."""

    @property
    def score(self) -> float | None:
        """Mean of the headline metric over the runs; None if a run leaves it undefined.

        If some runs failed to train, their undefined scores count as the chance level.
        """
        return self.metrics[self.headline_metric]

    @property
    def greater_is_better(self) -> bool:
        """Whether a higher score is better."""
        known = METRICS.get(self.headline_metric)
        return known is None or known.greater_is_better

    @property
    def metrics(self) -> Scores:
        """Mean of each metric over the runs."""
        failed = {run.seed for run in self.judgement.failed_runs}
        chance = self.judgement.chance
        return mean_scores(self.runs, failed, {} if chance is None else {self.headline_metric: chance})

    @property
    def seeds(self) -> tuple[int, ...]:
        return tuple(run.seed for run in self.runs)

    @property
    def verdict(self) -> Verdict:
        return self.judgement.verdict

    @property
    def reason(self) -> str:
        """The verdict as one sentence."""
        return self.judgement.reason

    @property
    def confidence_interval(self) -> tuple[float, float] | None:
        """Of the score, at 95 %; None if there is none."""
        return self.judgement.confidence_interval

    @property
    def threshold(self) -> float | None:
        """The headline metric's threshold; None if none was given."""
        return self.judgement.threshold

    @property
    def baseline(self) -> Mapping[str, Any] | None:
        """The comparison with a baseline; None if there was none."""
        return self.judgement.baseline

    @property
    def checkpoint(self) -> Checkpoint:
        return self.conditions.checkpoint

    @property
    def is_synthetic(self) -> bool:
        """Whether data or checkpoint are the sample's, so that the score says nothing about real models."""
        return bool(self.synthetic_warning)

    @property
    def synthetic_warning(self) -> str:
        """The warning about synthetic data or a synthetic checkpoint; empty if neither is."""
        if self.data.startswith(SAMPLE_DESCRIPTION):
            return SYNTHETIC_DATA
        return SYNTHETIC_CHECKPOINT if self.checkpoint.origin is Origin.SAMPLE else ""

    @property
    def search(self) -> Study | None:
        """The hyperparameter search; None if the recipe was used as it is."""
        return self.conditions.study

    @property
    def is_certified(self) -> bool:
        """Whether the item passes because few predictions of unlabelled texts changed."""
        certificate = (self.baseline or {}).get("certificate")
        return self.verdict is Verdict.PASS and certificate is not None and bool(certificate["certified"])

    @property
    def n_groups(self) -> int | None:
        """The number of groups of evaluation examples that depend on each other; None if none are known."""
        groups = self.conditions.groups
        return None if groups is None else len(set(groups))

    @property
    def failed_runs(self) -> tuple[FailedRun, ...]:
        """The runs that failed to train, each with the reason."""
        return self.judgement.failed_runs

    @property
    def slices(self) -> Mapping[str, SliceResult]:
        """The results of the task's slices, by name."""
        return {each.name: each for each in self.judgement.slices}

    @property
    def golden(self) -> GoldenResult | None:
        """What the runs predict for the golden examples; None if there are none."""
        return self.judgement.golden

    @property
    def n_cached(self) -> int:
        """The number of runs that were read from the cache."""
        return sum(run.cached for run in self.runs)

    @property
    def n_stopped(self) -> int:
        """The number of runs that ended early, once the verdict was sure; with any, the score is a limit."""
        return sum(run.stopped for run in self.runs)

    def check(self) -> None:
        """Fail the test if the verdict does: the last line of a suite's test.

        Raises:
            VerdictError: with the reason as its message.
        """
        if self.failed:
            raise VerdictError(self.reason)
