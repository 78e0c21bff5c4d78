"""Evaluates an item: asks for the run of each seed, judges them, adds seeds and decides when to stop."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum

from pytest_glue.core.choices import InconclusivePolicy
from pytest_glue.core.evaluation import Evaluation
from pytest_glue.core.metrics import find_metric
from pytest_glue.core.runs import Run, RunSource
from pytest_glue.core.tasks import Kind, Task
from pytest_glue.core.verdict import Judgement, Verdict
from pytest_glue.gate.comparability import check_comparable
from pytest_glue.gate.criteria import Criteria
from pytest_glue.gate.error_analysis import calibration, confusion_matrix, label_scores, residuals, trained_runs


@dataclass(frozen=True, slots=True)
class Subject:
    """The item that is evaluated."""

    nodeid: str
    task: Task
    data: str
    """The source of the examples, for reports."""


@dataclass(frozen=True, slots=True)
class SeedPlan:
    """Which seeds are run, and what an inconclusive verdict means."""

    seeds: tuple[int, ...]
    interim_analyses: tuple[int, ...]
    """The numbers of seeds at which a verdict is tried; after an inconclusive one, more seeds are run, unless they
    would hardly change it."""
    inconclusive: InconclusivePolicy
    stop_when_decided: bool = False
    """Whether a run may end early, once the verdict is sure to be `pass`."""


def evaluate(subject: Subject, runs: RunSource, criteria: Criteria, seed_plan: SeedPlan) -> Evaluation:
    """Run seeds until the verdict is conclusive, more are futile or none is left, and return the evaluation.

    Raises:
        BaselineError: the baseline does not fit the item, or none of its runs trained; raised before anything is
            trained.
        DataError: a slice with a threshold has too few examples; raised before anything is trained.
        GlueError: a run failed; the message gives cause and remedy.
    """
    start = time.perf_counter()
    if criteria.rule is not None:
        check_comparable(criteria.rule.baseline, criteria.rule.file, subject.task, runs.conditions)
    if criteria.rule is not None or criteria.slices is not None:
        criteria.check(runs.conditions.references)
    finished, judgement = _run(runs, criteria, seed_plan)
    conditions = runs.conditions
    trained = trained_runs(finished, {run.seed for run in judgement.failed_runs})
    return Evaluation(
        nodeid=subject.nodeid,
        task=subject.task.name,
        headline_metric=subject.task.headline_metric,
        data=subject.data,
        labels=subject.task.labels,
        conditions=conditions,
        runs=tuple(finished),
        judgement=judgement,
        failed=fails_test(judgement.verdict, seed_plan.inconclusive),
        duration_s=max(time.perf_counter() - start, _trained_s(finished)),
        notes=(*conditions.notes, *runs.notes, *judgement.notes),
        kind=subject.task.kind or Kind.CLASSIFICATION,
        confusion_matrix=confusion_matrix(subject.task, trained, conditions.references),
        label_scores=label_scores(subject.task, trained, conditions.references),
        calibration=calibration(subject.task, trained, conditions.references),
        residuals=residuals(subject.task, trained, conditions.references),
        evaluation_split=subject.task.evaluation_split,
        slice_indices=criteria.slices.indices if criteria.slices else {},
    )


def _trained_s(runs: Sequence[Run]) -> float:
    """Return the time of the fine-tunings, which an executor can have finished before the item was evaluated."""
    return fsum(run.duration_s for run in runs if not run.cached)


def fails_test(verdict: Verdict, inconclusive: InconclusivePolicy) -> bool:
    """Return whether a verdict fails the test, by what an inconclusive one means."""
    if verdict is Verdict.INCONCLUSIVE:
        return inconclusive is InconclusivePolicy.FAIL
    return verdict is not Verdict.PASS


def _run(runs: RunSource, criteria: Criteria, seed_plan: SeedPlan) -> tuple[list[Run], Judgement]:
    target_score = criteria.target_score(runs.conditions.references) if seed_plan.stop_when_decided else None
    finished: list[Run] = []
    for n_seeds in seed_plan.interim_analyses:
        for seed in seed_plan.seeds[len(finished) : n_seeds]:
            finished.append(runs.run(seed, target_score=_target_score_of_next(target_score, finished, criteria.task)))
        judgement = criteria.judge(finished, runs.conditions.references, runs.conditions.groups)
        if judgement.verdict is not Verdict.INCONCLUSIVE or judgement.is_futile:
            break
    # The lower bounds of stopped runs can only show a pass; any other verdict needs whole runs.
    for index, run in enumerate(finished):
        if run.stopped and judgement.verdict is not Verdict.PASS:
            finished[index] = runs.run(run.seed)
            judgement = criteria.judge(finished, runs.conditions.references, runs.conditions.groups)
    return finished, judgement


def _target_score_of_next(target_score: float | None, finished: Sequence[Run], task: Task) -> float | None:
    """Return the target score plus what the runs so far lack of it, so that the mean over runs reaches it.

    A run never has a target that is worse, however good the others are.
    """
    scores = [run.metrics[task.headline_metric] for run in finished]
    defined = [score for score in scores if score is not None]
    if target_score is None or len(defined) < len(scores):
        return None
    needed = target_score * (len(scores) + 1) - sum(defined)
    return (
        max(target_score, needed) if find_metric(task.headline_metric).greater_is_better else min(target_score, needed)
    )
