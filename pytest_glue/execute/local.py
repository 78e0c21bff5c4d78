"""Evaluations whose runs are asked for here, one after the other, and judged: from wherever the runs come."""

import time
from dataclasses import dataclass
from typing import Protocol

from pytest_glue.evaluation import Conditions, Evaluation, Judgement, Policy, Run, Verdict, mean_scores
from pytest_glue.judge.compatibility import Facts, check_comparable
from pytest_glue.judge.criteria import Criteria
from pytest_glue.tasks import Task


class Runs(Protocol):
    """Where the runs of an item come from: fine-tunings, or what is left of earlier ones."""

    @property
    def conditions(self) -> Conditions:
        """What the runs have in common; nothing is trained for it. A search adds to it before the first run.

        Raises:
            GlueError: data or checkpoint cannot be had.
        """
        ...

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader should know of how the runs of so far were come by."""
        ...

    def run(self, seed: int) -> Run:
        """Return the run of a seed.

        Raises:
            GlueError: there is none; the message gives cause and remedy.
        """
        ...


@dataclass(frozen=True, slots=True)
class Subject:
    """What is evaluated, as a report names it."""

    nodeid: str
    task: Task
    data: str
    """Where the examples come from."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How many runs there will be, and what an open verdict means."""

    seeds: tuple[int, ...]
    looks: tuple[int, ...]
    """After how many of the seeds a verdict is tried; an inconclusive one is followed by more of them."""
    inconclusive: Policy


def evaluate(subject: Subject, runs: Runs, criteria: Criteria, plan: Plan) -> Evaluation:
    """Ask for the run of each seed until there is a verdict, or no seed is left.

    Raises:
        BaselineError: the baseline is of something else; said before anything is trained.
        GlueError: there is no run; the message gives cause and remedy.
    """
    start = time.perf_counter()
    task = subject.task
    if criteria.rule is not None:
        check_comparable(
            criteria.rule.baseline, criteria.rule.file, _facts(task, runs.conditions), runs.conditions.references
        )
    finished, judgement = _run(runs, criteria, plan)
    conditions = runs.conditions
    scores = mean_scores(finished)
    red = {Verdict.FAIL, Verdict.DEGENERATE} | ({Verdict.INCONCLUSIVE} if plan.inconclusive is Policy.FAIL else set())
    return Evaluation(
        nodeid=subject.nodeid,
        task=task.name,
        checkpoint=conditions.checkpoint,
        headline_metric=task.headline_metric,
        score=scores[task.headline_metric],
        metrics=scores,
        confidence_interval=judgement.confidence_interval,
        seeds=tuple(run.seed for run in finished),
        runs=tuple(finished),
        threshold=judgement.threshold,
        chance=judgement.chance,
        baseline=judgement.baseline,
        verdict=judgement.verdict,
        failed=judgement.verdict in red,
        reason=judgement.reason,
        n_train=conditions.n_train,
        n_eval=conditions.n_eval,
        duration_s=time.perf_counter() - start,
        data=subject.data,
        data_digest=conditions.data_digest,
        recipe=conditions.recipe,
        device=conditions.device,
        references=conditions.references,
        search=conditions.study,
        notes=(*conditions.notes, *runs.notes, *judgement.notes),
    )


def _facts(task: Task, conditions: Conditions) -> Facts:
    return Facts(
        task, conditions.n_train, conditions.n_eval, conditions.data_digest, conditions.recipe, conditions.terms
    )


def _run(runs: Runs, criteria: Criteria, plan: Plan) -> tuple[list[Run], Judgement]:
    finished: list[Run] = []
    for look in plan.looks:
        finished += [runs.run(seed) for seed in plan.seeds[len(finished) : look]]
        judgement = criteria.judge(finished, runs.conditions.references)
        if judgement.verdict is not Verdict.INCONCLUSIVE:
            break
    return finished, judgement
