"""The runs of an item as fine-tunings: its trainer, trained once for each seed."""

from collections.abc import Callable, Mapping, Sequence, Sized
from contextlib import suppress
from dataclasses import dataclass, replace

from datasets import Dataset
from transformers import Trainer

from pytest_glue.core.checkpoints import Checkpoint
from pytest_glue.core.errors import GlueError
from pytest_glue.core.runs import Run, RunConditions
from pytest_glue.core.tasks import Task
from pytest_glue.progress.events import TrainingProgress
from pytest_glue.search.search import Search, find_hyperparameters
from pytest_glue.training.arguments import used_recipe
from pytest_glue.training.callbacks.extra_evaluation import ExtraEvaluationCallback
from pytest_glue.training.callbacks.progress import RunMonitor
from pytest_glue.training.fine_tune import evaluation_data, fine_tune, notes, references, run_of_extra_evaluation
from pytest_glue.training.metrics import task_labels
from pytest_glue.training.trainer.glue_trainer import GlueTrainer
from pytest_glue.training.trainer.resume_state import ResumeState


@dataclass(frozen=True, eq=False, slots=True)
class Examples:
    """What a task is evaluated on."""

    encoded: Dataset
    """As the item's model takes them."""
    data_digest: str
    """Of training and evaluation split."""


class TrainerRuns:
    """Runs that happen when they are asked for, in this process."""

    def __init__(
        self,
        trainer: Trainer,
        task: Task,
        label_ids: tuple[int, ...],
        conditions: RunConditions,
        monitor: RunMonitor,
        search: Search | None = None,
        examples_of: Callable[[Task], Examples] | None = None,
    ) -> None:
        """Take what makes the runs.

        Args:
            trainer: of the item.
            task: of the item.
            label_ids: the model's id of each of the task's labels; empty for a regression.
            conditions: what the runs have in common, as far as it is known.
            monitor: who hears of each run, and how long it may take.
            search: what comes before the first run; None where the recipe is used as it is.
            examples_of: reads what a sibling of the task is evaluated on; None where siblings get no runs.
        """
        self._trainer = trainer
        self._task = task
        self._label_ids = label_ids
        self._search = search
        self._monitor = monitor
        self.conditions = replace(conditions, terms=search.terms if search else None)
        """See `RunSource`."""
        self._notes: tuple[str, ...] = ()
        self._examples_of = examples_of
        self._examples: dict[Task, Examples] = {}
        self.shared_runs: Mapping[Task, tuple[Run, RunConditions]] = {}
        """The runs of siblings that came about beside the last one, with what they have in common with others."""

    @property
    def notes(self) -> tuple[str, ...]:
        """See `RunSource`: also how batches were laid out, once there was one."""
        return (*self._notes, *notes(self._trainer))

    def add_note(self, note: str) -> None:
        """Say something of these runs."""
        self._notes = (*self._notes, note)

    def run(
        self,
        seed: int,
        resume_state: ResumeState | None = None,
        *,
        target_score: float | None = None,
        shared_tasks: Sequence[Task] = (),
    ) -> Run:
        """Fine-tune with a seed, from the pretrained weights. The search, if any, comes before the first run.

        Args:
            seed: of the run.
            resume_state: where it goes on from, and is saved after each epoch; None where neither is wanted.
            target_score: the headline score at which it may end; None where it goes to its end.
            shared_tasks: tasks for which `beside` is to have a run, where that can be had.

        Raises:
            FineTuningError: the run ended without a result, or took too long.
            SearchError: the search found nothing, or its storage cannot be used.
        """
        if self._search is not None and self.conditions.study is None:
            self._monitor.on_progress(TrainingProgress("searching"))
            self._find_hyperparameters(self._search)
        extra_evaluations = self._extra_evaluations(shared_tasks)
        with self._monitor.watch(self._trainer, seed, self._task.headline_metric):
            run = fine_tune(
                self._trainer,
                self._task,
                self._label_ids,
                seed,
                resume_state,
                target_score=target_score,
                extra_evaluations=tuple(extra_evaluations.values()),
            )
        found = {
            task: run_of_extra_evaluation(run, extra_evaluation, self._label_ids)
            for task, extra_evaluation in extra_evaluations.items()
        }
        self.shared_runs = {
            task: (other, self._conditions_of(task)) for task, other in found.items() if other is not None
        }
        return run

    def _extra_evaluations(self, shared_tasks: Sequence[Task]) -> dict[Task, ExtraEvaluationCallback]:
        """Return what a training is accompanied by; without siblings whose data cannot be had, as their items say."""
        if self._examples_of is None or not isinstance(self._trainer, GlueTrainer):
            return {}
        for task in shared_tasks:
            if task not in self._examples:
                with suppress(GlueError):
                    self._examples[task] = self._examples_of(task)
        there = [task for task in shared_tasks if task in self._examples]
        return {
            task: ExtraEvaluationCallback(self._trainer, self._examples[task].encoded, task.headline_metric)
            for task in there
        }

    def _conditions_of(self, shared_task: Task) -> RunConditions:
        examples = self._examples[shared_task]
        labels = task_labels(examples.encoded["label"], self._label_ids)
        return replace(
            self.conditions,
            n_eval=len(examples.encoded),
            data_digest=examples.data_digest,
            references=tuple(labels.tolist()),
        )

    def _find_hyperparameters(self, search: Search) -> None:
        before = self.conditions
        identity = {"checkpoint": before.checkpoint.digest or "", "data": before.data_digest}
        study = find_hyperparameters(search, self._trainer, self._task, identity)
        arguments = self._trainer.args
        # Also what was found to be transformers' own default.
        found = used_recipe(arguments) | {name: getattr(arguments, name) for name in study.best.hyperparameters}
        # What is no TrainingArguments stays: a maximal length.
        others = {name: value for name, value in before.recipe.items() if not hasattr(arguments, name)}
        self.conditions = replace(before, recipe=found | others, study=study)


def conditions_of(
    trainer: Trainer,
    checkpoint: Checkpoint,
    label_ids: tuple[int, ...],
    data_digest: str,
    max_length: int | None,
    notes: tuple[str, ...],
) -> RunConditions:
    """Return what the runs of a trainer have in common.

    Args:
        trainer: of the item, which has not been trained yet.
        checkpoint: with its identity.
        label_ids: the model's id of each of the task's labels; empty for a regression.
        data_digest: of training and evaluation split.
        max_length: what `--glue-max-length` says: a part of the recipe, though not of `TrainingArguments`.
        notes: what a reader should know.
    """
    assert isinstance(trainer.train_dataset, Sized)
    return RunConditions(
        checkpoint=checkpoint,
        n_train=len(trainer.train_dataset),
        n_eval=len(evaluation_data(trainer)),
        data_digest=data_digest,
        recipe=used_recipe(trainer.args) | ({"max_length": max_length} if max_length else {}),
        device=str(trainer.args.device),
        references=references(trainer, label_ids),
        notes=notes,
    )
