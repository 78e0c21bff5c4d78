"""The verdict on an item's runs: against thresholds, a baseline or, without either, the chance level."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pytest_glue.core.chance import chance_level
from pytest_glue.core.chance_bound import CHANCE_ALPHA, chance_bound
from pytest_glue.core.errors import BaselineError
from pytest_glue.core.formatting import count, name_seeds
from pytest_glue.core.metrics import METRICS, Metric, find_metric
from pytest_glue.core.runs import Run, Scores, mean_scores
from pytest_glue.core.tasks import Task
from pytest_glue.core.verdict import Judgement, SliceResult, Verdict
from pytest_glue.gate.chance import against_chance, thresholds_at_chance
from pytest_glue.gate.comparability import check_examples
from pytest_glue.gate.confidence_interval import Uncertainty, seed_variance_of, uncertainty_of
from pytest_glue.gate.diagnostics import ExaminedRuns, examine, examine_baseline, is_finite
from pytest_glue.gate.error_analysis import with_worse_examples
from pytest_glue.gate.failure_comparison import ruled_out
from pytest_glue.gate.golden import GoldenCriteria, golden_notes, with_golden
from pytest_glue.gate.groups import Groups, group_notes, usable
from pytest_glue.gate.regression import Regression, RegressionCriterion, against_baseline
from pytest_glue.gate.sides import Sides
from pytest_glue.gate.slices import SHARE, SliceCriteria, with_slices
from pytest_glue.gate.verdict_text import BoundComparison, VerdictText, against_thresholds

if TYPE_CHECKING:
    from pytest_glue.core.golden import GoldenResult


@dataclass(frozen=True, slots=True)
class Criteria:
    """What an item's score is compared with."""

    task: Task
    checkpoint: str
    """The checkpoint's label."""
    thresholds: Mapping[str, float]
    """The threshold of each metric that has one: the lowest score that passes, or the highest if lower is better."""
    rule: RegressionCriterion | None = None
    """The baseline and the drop that is allowed; None if nothing is compared."""
    alpha: float = CHANCE_ALPHA
    """One-sided error rate at which a score beats the chance level."""
    slices: SliceCriteria | None = None
    """None if the task has no slices."""
    golden: GoldenCriteria | None = None
    """None if the task has no golden examples."""
    evaluate_only: bool = False
    """Whether the only run is a fixed model: the checkpoint as it is."""

    def check(self, references: Sequence[float]) -> None:
        """Check, before anything is trained, that the item can be judged.

        Raises:
            BaselineError: every run of the baseline failed to train, or there are too few examples to compare.
            DataError: a slice with a threshold has too few examples.
        """
        if self.rule is not None:
            self.examined_baseline(self.rule, references)
        if self.slices is not None:
            self.slices.check(self.task, references)

    def judge(self, runs: Sequence[Run], references: Sequence[float], groups: Groups = None) -> Judgement:
        """Return the verdict on runs.

        If every run failed to train, the verdict is `degenerate`, whatever the bound. If some did, the mean over all
        runs is compared with thresholds or the chance level, and a comparison with a baseline takes the runs that
        trained and the counts of those that did not.

        Args:
            runs: at least one, on the same examples.
            references: gold labels, one for each evaluation example.
            groups: of the evaluation examples, as in `RunConditions`.

        Raises:
            BaselineError: every run of the baseline failed to train, or there are too few examples to compare.
        """
        baseline = None if self.rule is None else self.examined_baseline(self.rule, references)
        recorded = baseline.trained if baseline else ()
        candidate = examine(self.task, runs, references, recorded, is_fixed=self.evaluate_only)
        scores = mean_scores(runs, {run.seed for run in candidate.failed}, self._chance_levels(runs, references))
        undefined = [metric for metric in self._decisive if scores[metric] is None]
        compared = candidate if candidate.trained else ExaminedRuns(tuple(runs), ())
        regression = None if undefined else self._compare(compared, baseline, references, usable(groups))
        stopped = [run for run in runs if run.stopped]
        # A limit is no estimate, and a comparison has the score of the runs that trained.
        is_estimate = not undefined and not stopped and not (regression and candidate.failed)
        uncertainty = self._uncertainty(runs, references, recorded, usable(groups)) if is_estimate else None
        notes = [*candidate.clauses]
        if undefined:
            answer = VerdictText(Verdict.DEGENERATE, f"{undefined[0]} is undefined")
        else:
            answer = self._answer(runs, scores, references, regression)
        if not candidate.trained or (undefined and candidate.failed):
            answer = VerdictText(Verdict.DEGENERATE, f"{'; '.join(notes)}: {answer.text}", answer.facts)
            notes = []
        slices: tuple[SliceResult, ...] = ()
        golden: GoldenResult | None = None
        if answer.verdict is not Verdict.DEGENERATE:
            sides = Sides(self.task, tuple(runs), compared, baseline, tuple(references), groups)
            slices = self._judge_slices(sides, regression)
            golden = self.golden.judge(compared.trained) if self.golden else None
            answer = with_golden(with_slices(answer, slices), golden, evaluate_only=self.evaluate_only)
        return Judgement(
            verdict=answer.verdict,
            reason=self._sentence(answer, candidate, len(references), uncertainty),
            threshold=self.thresholds.get(self.task.headline_metric),
            chance=chance_level(self.task.headline_metric, references, self.task.kind),
            confidence_interval=uncertainty.interval if uncertainty else None,
            baseline=regression.facts if regression else None,
            notes=(
                *self._not_judged,
                *self._not_certified,
                *thresholds_at_chance(self.task, self.thresholds, references),
                *notes,
                *self._of_failed(candidate, baseline),
                *_of_stopped(stopped, find_metric(self.task.headline_metric)),
                *((uncertainty.note,) if uncertainty else ()),
                *(group_notes(self.task, groups) if uncertainty or regression else ()),
                *(regression.notes if regression else ()),
                *(self.slices.notes if self.slices else ()),
                *golden_notes(golden, evaluate_only=self.evaluate_only),
            ),
            failed_runs=candidate.failed,
            is_futile=regression is not None and regression.is_futile and answer.verdict is Verdict.INCONCLUSIVE,
            slices=slices,
            golden=golden,
        )

    def examined_baseline(self, rule: RegressionCriterion, references: Sequence[float]) -> ExaminedRuns:
        """Return the baseline's runs, divided into those that trained and those that failed.

        Raises:
            BaselineError: every run failed, or there are too few examples to compare.
        """
        check_examples(rule.file, len(references))
        baseline = examine_baseline(self.task, rule.baseline, references)
        if not baseline.trained:
            defects = "; ".join(baseline.clauses)
            remedy = "Record it again, with another recipe or other data"
            raise BaselineError(f"every run of baseline {rule.file} failed to train: {defects}. {remedy}")
        return baseline

    def target_score(self, references: Sequence[float]) -> float | None:
        """Return the headline score that makes the verdict `pass` if every run is as good in some epoch.

        Return None if only whole runs can decide. The best epoch is chosen by the headline metric, so other metrics
        and comparisons are not known before the last epoch.

        Args:
            references: gold labels, one for each evaluation example.
        """
        headline = self.task.headline_metric
        if self.rule is not None or not set(self.thresholds) <= {headline}:
            return None
        if self.task.golden or (self.slices is not None and self.slices.thresholds):
            return None
        # No constant prediction, and no undefined score, which counts as a number when epochs are compared, reaches
        # this. Nor does a run that would count as failed if it were whole.
        bound = chance_bound(headline, references, min(self.alpha, CHANCE_ALPHA), self.task.kind)
        if bound is None:
            return None
        metric = find_metric(headline)
        better_than_chance = bound + metric.sign * 2 * BoundComparison(metric, bound, bound).rounding
        threshold = self.thresholds.get(headline, better_than_chance)
        return metric.sign * max(metric.sign * threshold, metric.sign * better_than_chance)

    @property
    def _not_judged(self) -> tuple[str, ...]:
        if not self.task.report_only or self.thresholds or self.rule:
            return ()
        return (f"{self.task.name} is report-only, because {self.task.report_only}",)

    @property
    def _not_certified(self) -> tuple[str, ...]:
        if self.rule is None or not self.rule.certify or self.task.is_certifiable:
            return ()
        bounded = "changed predictions bound a drop in accuracy"
        return (f"not certified: {bounded}, and the headline metric is {self.task.headline_metric}",)

    def _chance_levels(self, runs: Sequence[Run], references: Sequence[float]) -> dict[str, float]:
        known = [metric for metric in runs[0].metrics if metric in METRICS]
        levels = {metric: chance_level(metric, references, self.task.kind) for metric in known}
        return {metric: level for metric, level in levels.items() if level is not None}

    def _compare(
        self, candidate: ExaminedRuns, baseline: ExaminedRuns | None, references: Sequence[float], groups: Groups
    ) -> Regression | None:
        """Return the comparison of the runs that trained; None without a baseline, or if they cannot be compared."""
        if self.rule is None or baseline is None or not all(is_finite(run, references) for run in candidate.trained):
            return None
        compared = against_baseline(self._shared(self.rule, references), candidate, baseline, references, groups)
        return with_worse_examples(compared, self.task, candidate, baseline, references)

    def _shared(self, rule: RegressionCriterion, references: Sequence[float]) -> RegressionCriterion:
        """Return the rule with its share of the item's error rate: the rest is that of the slices, if there are any."""
        has_slices = self.slices is not None and self.slices.compared(references)
        return replace(rule, fail_share=1 - SHARE) if has_slices else rule

    def _judge_slices(self, sides: Sides, regression: Regression | None) -> tuple[SliceResult, ...]:
        if self.slices is None:
            return ()
        if regression is None:
            return self.slices.judge(sides, None, 1.0)
        return self.slices.judge(sides, self.rule, regression.share_of_scores)

    def _uncertainty(
        self, runs: Sequence[Run], references: Sequence[float], recorded: Sequence[Run], groups: Groups
    ) -> Uncertainty | None:
        is_single = len(runs) == 1 and not self.evaluate_only
        seed_variance = seed_variance_of(self.task, self.rule, recorded) if is_single else None
        return uncertainty_of(self.task, runs, references, seed_variance, groups, is_fixed=self.evaluate_only)

    def _of_failed(self, candidate: ExaminedRuns, baseline: ExaminedRuns | None) -> list[str]:
        """Return a note on the failure rate, if runs are compared or some failed, and one on the baseline's."""
        if not candidate.trained or (baseline is None and not candidate.failed):
            return []
        notes = [] if self.evaluate_only else [ruled_out(len(candidate.failed), candidate.count)]
        if baseline is not None:
            notes += [f"of the baseline's runs, {clause}" for clause in baseline.clauses]
        return notes

    @property
    def _decisive(self) -> tuple[str, ...]:
        """The metrics without which there is no verdict."""
        compared = (self.task.headline_metric,) if self.rule is not None or not self.thresholds else ()
        return tuple(dict.fromkeys((*self.thresholds, *compared)))

    def _answer(
        self, runs: Sequence[Run], scores: Scores, references: Sequence[float], regression: Regression | None
    ) -> VerdictText:
        """Decide by missed thresholds first, then the baseline, then reached thresholds, then the chance level."""
        is_limit = any(run.stopped for run in runs)
        comparisons = [
            BoundComparison(find_metric(metric), _of(scores, metric), bound, is_limit=is_limit)
            for metric, bound in self.thresholds.items()
        ]
        missed = [each for each in comparisons if each.is_missed]
        if missed:
            return against_thresholds(Verdict.FAIL, "<", missed)
        if regression is not None:
            return VerdictText(regression.verdict, regression.text, regression.differences, is_comparison=True)
        if comparisons:
            return against_thresholds(Verdict.PASS, ">=", comparisons)
        return against_chance(self.task, runs, _of(scores, self.task.headline_metric), references, self.alpha)

    def _sentence(
        self, answer: VerdictText, candidate: ExaminedRuns, n_eval: int, uncertainty: Uncertainty | None
    ) -> str:
        size = [f"n={n_eval}"]
        if not answer.is_comparison:
            size += ["evaluated only" if self.evaluate_only else count(candidate.count, "seed")]
            if candidate.failed and candidate.trained:
                size += [f"{len(candidate.failed)} failed to train"]
            size += [uncertainty.text] if uncertainty else []
        evidence = "; ".join((*answer.facts, ", ".join(size)))
        return f"{self.task.name} · {self.checkpoint}: {answer.text} ({evidence})"


def _of_stopped(stopped: Sequence[Run], metric: Metric) -> list[str]:
    if not stopped:
        return []
    seeds, limit = name_seeds([run.seed for run in stopped]), "lower" if metric.greater_is_better else "upper"
    decided = f"{seeds} stopped early, once the verdict was sure"
    return [f"{decided}: the score is a{'n' * (limit == 'upper')} {limit} bound, other metrics are of that epoch"]


def _of(scores: Scores, metric: str) -> float:
    score = scores[metric]
    assert score is not None, metric
    return score
