"""Evaluations whose runs happen here, one after the other, in this process."""

import time
from collections.abc import Sized
from dataclasses import dataclass

from transformers import Trainer

from pytest_glue.checkpoints import Checkpoint
from pytest_glue.evaluation import Evaluation, mean_scores
from pytest_glue.finetune.arguments import used_recipe
from pytest_glue.finetune.training import fine_tune, references
from pytest_glue.judge.criteria import Evidence, judge
from pytest_glue.options import Options
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
    notes: tuple[str, ...]


def evaluate(subject: Subject, trainer: Trainer, options: Options) -> Evaluation:
    """Fine-tune once for each seed, score the runs and judge the mean of their scores.

    Raises:
        FineTuningError: a run ended without a result.
    """
    start = time.perf_counter()
    task = subject.task
    runs = tuple(fine_tune(trainer, task, subject.label_ids, seed) for seed in options.seeds)
    gold = references(trainer, subject.label_ids)
    scores = mean_scores(runs)
    evidence = Evidence(
        task=task,
        checkpoint=subject.checkpoint.label,
        scores=scores,
        references=gold,
        constant_runs=sum(len(set(run.predictions)) == 1 for run in runs),
        n_runs=len(runs),
    )
    thresholds = options.thresholds_of(task)
    judgement = judge(evidence, thresholds)
    assert isinstance(trainer.train_dataset, Sized)
    return Evaluation(
        nodeid=subject.nodeid,
        task=task.name,
        checkpoint=subject.checkpoint,
        headline_metric=task.headline_metric,
        score=scores[task.headline_metric],
        metrics=scores,
        confidence_interval=None,
        seeds=options.seeds,
        runs=runs,
        threshold=judgement.threshold,
        chance=judgement.chance,
        baseline=None,
        verdict=judgement.verdict,
        reason=judgement.reason,
        n_train=len(trainer.train_dataset),
        n_eval=len(gold),
        duration_s=time.perf_counter() - start,
        data=subject.data,
        data_digest=subject.data_digest,
        recipe=used_recipe(trainer.args),
        device=str(trainer.args.device),
        notes=subject.notes + (_report_only(task) if not thresholds else ()),
    )


def _report_only(task: Task) -> tuple[str, ...]:
    """Return the note that a task's score was not judged, where that is so."""
    return (f"{task.name} is report-only, since {task.report_only}",) if task.report_only else ()
