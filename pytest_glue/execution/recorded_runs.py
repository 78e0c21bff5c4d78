"""The comparison of recorded runs, by the steps of an item in a test run, without training."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pytest_glue.config.evaluation_spec import EvaluationSpec
from pytest_glue.config.options import Options
from pytest_glue.core.errors import BaselineError
from pytest_glue.core.evaluation import Evaluation
from pytest_glue.core.runs import Run, RunConditions
from pytest_glue.execution.evaluate import SeedPlan, Subject, evaluate
from pytest_glue.gate.baseline_age import BaselineAge
from pytest_glue.gate.criteria import Criteria
from pytest_glue.gate.from_options import kind_notes
from pytest_glue.gate.recorded_item import RecordedItem
from pytest_glue.gate.regression import RegressionCriterion
from pytest_glue.gate.slices import SliceCriteria


class RecordedRuns:
    """A `RunSource` of runs that are recorded."""

    notes: tuple[str, ...] = ()

    def __init__(self, runs: Sequence[Run], conditions: RunConditions) -> None:
        self._runs = {run.seed: run for run in runs}
        self.conditions = conditions

    def run(self, seed: int, *, target_score: float | None = None) -> Run:  # noqa: ARG002 - nothing is trained
        """Return the run of a seed."""
        return self._runs[seed]


@dataclass(frozen=True, slots=True)
class RecordedComparison:
    """Compares items of a candidate with those of a baseline."""

    name: str
    """Of the baseline, for sentences."""
    options: Options
    """The allowed drops, alpha, and what an inconclusive verdict means."""
    family_size: int
    """The number of items that share the error rate."""
    now: datetime
    """With its time zone; the age of a baseline ends here."""

    def evaluate(self, candidate: RecordedItem, baseline: RecordedItem) -> Evaluation:
        """Return the evaluation that a test run of the candidate would have with `--glue-compare`.

        Bounds of the candidate alone, such as thresholds and golden examples, do not count.

        Raises:
            BaselineError: the two do not fit each other, or nothing can be compared; the message says why.
        """
        candidate.check()
        baseline.check()
        task = candidate.recorded_task
        references = candidate.baseline.references or baseline.baseline.references
        if not references:
            raise BaselineError(
                f"neither {candidate.file} nor {baseline.file} has the gold labels, which files of version 0.1 lack: "
                "record one of them again with --glue-save, or compare in a test run, with --glue-compare"
            )
        spec = EvaluationSpec(self.options, task, candidate.baseline.checkpoint)
        rule = self._rule(spec, candidate, baseline)
        drops = {name: drop for name, drop in spec.slice_max_drops.items() if name in candidate.slices}
        slices = SliceCriteria(candidate.slices, {}, candidate.baseline.n_eval, max_drops=drops)
        label, seeds = candidate.baseline.checkpoint.label, candidate.baseline.seeds
        criteria = Criteria(
            task,
            label,
            {},
            rule,
            self.options.alpha,
            slices if candidate.slices else None,
            evaluate_only=candidate.baseline.evaluate_only,
        )
        source = RecordedRuns(candidate.scored_runs, candidate.conditions(references))
        seed_plan = SeedPlan(seeds, (len(seeds),), self.options.inconclusive)
        try:
            return evaluate(Subject(candidate.nodeid, task, candidate.data), source, criteria, seed_plan)
        except ValueError as error:
            raise BaselineError(f"{candidate.file} and {baseline.file} cannot be compared: {error}") from error

    def _rule(self, spec: EvaluationSpec, candidate: RecordedItem, baseline: RecordedItem) -> RegressionCriterion:
        recorded, evaluate_only = baseline.baseline, candidate.baseline.evaluate_only
        notes = kind_notes(self.name, recorded.evaluate_only, evaluate_only)
        if candidate.checkpoint_id != baseline.checkpoint_id:
            notes = (f"compared with {baseline.checkpoint_id}", *notes)
        return RegressionCriterion(
            self.name,
            baseline.file,
            recorded,
            spec.max_drop,
            self.options.alpha,
            self.family_size,
            candidate.interim_analyses,
            notes=notes,
            evaluate_only=evaluate_only,
            age=BaselineAge.of(recorded.recorded_at, self.now, self.options.baseline_max_age),
        )
