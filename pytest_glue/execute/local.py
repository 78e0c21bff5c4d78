"""Evaluations whose runs happen here, one after the other, in this process."""

import time
from collections.abc import Sequence, Sized
from dataclasses import dataclass

from transformers import Trainer

from pytest_glue.checkpoints import Checkpoint
from pytest_glue.evaluation import Evaluation, Judgement, Policy, Run, Verdict, mean_scores
from pytest_glue.finetune.arguments import used_recipe
from pytest_glue.finetune.training import evaluation_data, fine_tune, notes, references
from pytest_glue.judge.compatibility import Facts, check_comparable
from pytest_glue.judge.criteria import Criteria
from pytest_glue.tasks import Task


@dataclass(frozen=True, slots=True)
class Subject:
    """What is evaluated, and what a report says of it."""

    nodeid: str
    task: Task
    checkpoint: Checkpoint
    """With its identity."""
    label_ids: tuple[int, ...]
    """The model's id of each of the task's labels."""
    data: str
    data_digest: str
    max_length: int | None
    """What `--glue-max-length` says; a part of the recipe, though not of `TrainingArguments`."""
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """How many runs there will be, and what an open verdict means."""

    seeds: tuple[int, ...]
    looks: tuple[int, ...]
    """After how many of the seeds a verdict is tried; an inconclusive one is followed by more of them."""
    inconclusive: Policy


def evaluate(subject: Subject, trainer: Trainer, criteria: Criteria, plan: Plan) -> Evaluation:
    """Fine-tune once for each seed until there is a verdict, or no seed is left.

    Raises:
        BaselineError: the baseline is of something else; said before anything is trained.
        FineTuningError: a run ended without a result.
    """
    start = time.perf_counter()
    task = subject.task
    assert isinstance(trainer.train_dataset, Sized)
    n_train, n_eval = len(trainer.train_dataset), len(evaluation_data(trainer))
    recipe = used_recipe(trainer.args) | ({"max_length": subject.max_length} if subject.max_length else {})
    gold = references(trainer, subject.label_ids)
    if criteria.rule is not None:
        of_candidate = Facts(task, n_train, n_eval, subject.data_digest, recipe)
        check_comparable(criteria.rule.baseline, criteria.rule.file, of_candidate, gold)
    runs, judgement = _run(subject, trainer, criteria, plan, gold)
    scores = mean_scores(runs)
    red = {Verdict.FAIL, Verdict.DEGENERATE} | ({Verdict.INCONCLUSIVE} if plan.inconclusive is Policy.FAIL else set())
    return Evaluation(
        nodeid=subject.nodeid,
        task=task.name,
        checkpoint=subject.checkpoint,
        headline_metric=task.headline_metric,
        score=scores[task.headline_metric],
        metrics=scores,
        confidence_interval=judgement.confidence_interval,
        seeds=tuple(run.seed for run in runs),
        runs=tuple(runs),
        threshold=judgement.threshold,
        chance=judgement.chance,
        baseline=judgement.baseline,
        verdict=judgement.verdict,
        failed=judgement.verdict in red,
        reason=judgement.reason,
        n_train=n_train,
        n_eval=n_eval,
        duration_s=time.perf_counter() - start,
        data=subject.data,
        data_digest=subject.data_digest,
        recipe=recipe,
        device=str(trainer.args.device),
        references=gold,
        notes=(*subject.notes, *notes(trainer), *judgement.notes),
    )


def _run(
    subject: Subject, trainer: Trainer, criteria: Criteria, plan: Plan, gold: Sequence[float]
) -> tuple[list[Run], Judgement]:
    runs: list[Run] = []
    for look in plan.looks:
        seeds = plan.seeds[len(runs) : look]
        runs += [fine_tune(trainer, subject.task, subject.label_ids, seed) for seed in seeds]
        judgement = criteria.judge(runs, gold)
        if judgement.verdict is not Verdict.INCONCLUSIVE:
            break
    return runs, judgement
