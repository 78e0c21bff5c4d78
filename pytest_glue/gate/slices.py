"""The slices of an item: their scores, thresholds and comparisons, and what they say about the item."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from pytest_glue.core.chance import chance_level
from pytest_glue.core.errors import DataError, closest
from pytest_glue.core.formatting import count
from pytest_glue.core.metrics import find_metric
from pytest_glue.core.runs import Scores, mean_scores
from pytest_glue.core.slices import join_target
from pytest_glue.core.tasks import Task
from pytest_glue.core.verdict import SliceComparison, SliceResult, Verdict
from pytest_glue.gate.confidence_interval import LEVEL
from pytest_glue.gate.groups import usable
from pytest_glue.gate.regression import RegressionCriterion
from pytest_glue.gate.scored import scored_runs
from pytest_glue.gate.sides import Sides
from pytest_glue.gate.verdict_text import BoundComparison, VerdictText

MIN_EXAMPLES = 20
"""With fewer, a score is mostly chance: at an accuracy of 0.8, the standard error of 20 examples is 0.09."""
SHARE = 0.5
"""The share of the item's error rate of `fail` that its slices have together, if any is compared; all examples have
the rest."""
_NAMED = 5
"""The number of failing slices that a sentence names."""


@dataclass(frozen=True, slots=True)
class SliceCriteria:
    """The slices of an item, and what their scores are compared with."""

    indices: Mapping[str, tuple[int, ...]]
    """Of the evaluation examples of each slice."""
    thresholds: Mapping[str, Mapping[str, float]]
    """By slice and metric."""
    n_eval: int = 0
    """The number of examples that the indices are of."""
    notes: tuple[str, ...] = ()
    max_drops: Mapping[str, float] = field(default_factory=dict)
    """The allowed drops of those slices whose drop is not that of all examples."""

    def check_names(self, task: Task) -> None:
        """Check that each threshold and each allowed drop is that of a slice.

        Raises:
            DataError: the evaluation examples have no such slice.
        """
        for name in (*self.thresholds, *self.max_drops):
            if name not in self.indices:
                none = "there is none; declare some in [tool.pytest_glue.slices]"
                there = closest(name, self.indices) if self.indices else none
                raise DataError(f"task {task.name} has no slice {name!r}: {there}")

    def check(self, task: Task, references: Sequence[float]) -> None:
        """Check, before anything is trained, that each threshold is that of a slice with enough examples.

        Raises:
            DataError: one is not, or the runs predict other examples than those with the columns of the slices.
        """
        if self.indices and self.n_eval != len(references):
            raise DataError(
                f"the slices of task {task.name} are read from glue_data, which has {self.n_eval} evaluation "
                f"examples, and {len(references)} are predicted: select them in glue_data, not in glue_encoded_data"
            )
        for name in self.thresholds:
            if problem := _problem([references[index] for index in self.indices[name]]):
                target = join_target(task.name, name)
                raise DataError(
                    f"the threshold of {target} cannot be judged: it has {problem}; leave it out, or use a larger "
                    "evaluation split"
                )

    def compared(self, references: Sequence[float]) -> tuple[str, ...]:
        """Return the slices that have enough examples for a comparison."""
        parts = {name: [references[index] for index in indices] for name, indices in self.indices.items()}
        return tuple(name for name, part in parts.items() if not _problem(part))

    def judge(self, sides: Sides, rule: RegressionCriterion | None, share_of_scores: float) -> tuple[SliceResult, ...]:
        """Return the result of each slice.

        The slices that are compared with a baseline have equal shares of the error rate.

        Args:
            sides: the runs on all examples; at least one of the candidate's trained.
            rule: the comparison; None without one.
            share_of_scores: the share of the item's error rate that is not another test's of failed runs.
        """
        share = share_of_scores * SHARE / max(len(self.compared(sides.references)), 1)
        return tuple(
            self._result(name, sides.part(indices), self._rule_of(name, rule), share)
            for name, indices in self.indices.items()
        )

    def _rule_of(self, name: str, rule: RegressionCriterion | None) -> RegressionCriterion | None:
        """Return the comparison of a slice, with its allowed drop."""
        return None if rule is None else replace(rule, max_drop=self.max_drops.get(name, rule.max_drop))

    def _result(self, name: str, part: Sides, rule: RegressionCriterion | None, share: float) -> SliceResult:
        scores = _mean_scores(part)
        headline = part.task.headline_metric
        plain = SliceResult(
            name, len(part.references), scores[headline], scores, thresholds=self.thresholds.get(name, {})
        )
        if problem := _problem(part.references):
            return replace(plain, note=f"not judged: {problem}")
        comparison, note = _comparison(part, rule, share)
        judged = replace(plain, confidence_interval=_interval(part), baseline=comparison, note=note)
        misses = _misses(scores, judged.thresholds, judged.n_eval)
        if comparison is not None and rule is not None and comparison.verdict is Verdict.FAIL:
            misses.append(_drop(comparison, rule, judged.n_eval))
        if misses:
            return replace(judged, verdict=Verdict.FAIL, note="; ".join(misses))
        if comparison is not None:
            return replace(judged, verdict=comparison.verdict)
        return replace(judged, verdict=Verdict.PASS if judged.thresholds else None)


def _problem(references: Sequence[float]) -> str:
    """Return why a part of the examples is too small for a verdict; empty if it is not."""
    if len(references) < MIN_EXAMPLES:
        return f"{count(len(references), 'example')}, fewer than the {MIN_EXAMPLES} that a verdict needs"
    return "only examples with the same label" if len(set(references)) == 1 else ""


def _mean_scores(part: Sides) -> Scores:
    task, failed = part.task, {run.seed for run in part.candidate.failed}
    levels = {metric: chance_level(metric, part.references, task.kind) for metric in task.metrics}
    return mean_scores(part.runs, failed, {metric: level for metric, level in levels.items() if level is not None})


def _interval(part: Sides) -> tuple[float, float] | None:
    """Return the interval of the mean score; None if a run's is undefined.

    With one run, it covers the examples only: the variance between seeds is published for whole splits.
    """
    from pytest_glue.statistics.estimate import Estimate

    metric = part.task.headline_metric
    if any(run.stopped or run.metrics[metric] is None for run in part.runs):
        return None
    scored = scored_runs(metric, part.runs, part.references, part.task.kind, usable(part.groups))
    return Estimate.of(scored, metric=metric).interval(LEVEL)


def _comparison(part: Sides, rule: RegressionCriterion | None, share: float) -> tuple[SliceComparison | None, str]:
    """Return the comparison with the baseline, or None and why there is none."""
    from pytest_glue.statistics.comparison import ComparisonDesign, compare_runs

    if rule is None or part.baseline is None:
        return None, ""
    metric, sides = part.task.headline_metric, (part.candidate.trained, part.baseline.trained)
    if any(run.metrics[metric] is None for side in sides for run in side):
        return None, f"not compared: {metric} is undefined for a run"
    rates = (rule.max_drop, rule.alpha, rule.family_size, rule.interim_analyses)
    design = ComparisonDesign(*rates, fail_share=share, fixed=rule.fixed)
    groups = usable(part.groups)
    ours, theirs = (scored_runs(metric, side, part.references, part.task.kind, groups) for side in sides)
    found = compare_runs(ours, theirs, metric, design)
    return SliceComparison(
        baseline_score=found.baseline_score,
        candidate_score=found.candidate_score,
        difference=found.difference,
        max_drop=rule.max_drop,
        confidence_interval=found.confidence_interval,
        confidence_level=found.confidence_level,
        p_fail=found.p_fail,
        alpha=design.nominal_alphas[0],
        minimum_detectable_drop=found.minimum_detectable_drop,
        verdict=found.verdict,
    ), ""


def _misses(scores: Scores, thresholds: Mapping[str, float], n_eval: int) -> list[str]:
    """Return a clause for each threshold that a slice misses."""
    found = []
    for metric, bound in thresholds.items():
        if (score := scores[metric]) is None:
            found.append(f"{metric} is undefined, threshold {bound:.3g} (n={n_eval})")
        elif (comparison := BoundComparison(find_metric(metric), score, bound)).is_missed:
            found.append(f"{comparison.text('<')} ({comparison.difference}; n={n_eval})")
    return found


def _drop(comparison: SliceComparison, rule: RegressionCriterion, n_eval: int) -> str:
    """Return the clause on a slice that got worse."""
    metric = rule.metric
    ours, theirs = metric.text(comparison.candidate_score), metric.text(comparison.baseline_score)
    allowed = f"a {metric.drop} of more than {rule.max_drop:.3g}" if rule.max_drop else f"a {metric.drop}"
    difference = f"({metric.text(comparison.difference, '+', comparison.baseline_score)}; n={n_eval})"
    return f"{metric.name} {ours} against {rule.name}'s {theirs}: {allowed} {difference}"


def with_slices(answer: VerdictText, slices: Sequence[SliceResult]) -> VerdictText:
    """Return the answer on an item with what its slices say: it fails if one of them does."""
    failed = [each for each in slices if each.verdict is Verdict.FAIL]
    if not failed:
        return answer
    named = "; ".join(f"slice {each.name} {each.note}" for each in failed[:_NAMED])
    more = f"; and {count(len(failed) - _NAMED, 'more slice')}" if len(failed) > _NAMED else ""
    return replace(answer, verdict=Verdict.FAIL, text=f"{named}{more}; all examples: {answer.text}")
