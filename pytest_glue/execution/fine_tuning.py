"""Runs of an item that are fine-tuned in this process."""

from collections.abc import Callable, Mapping, Sequence, Sized
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from datasets import Dataset
from transformers import Trainer

from pytest_glue.core.checkpoints import Checkpoint
from pytest_glue.core.errors import GlueError
from pytest_glue.core.metrics import check_logits_size
from pytest_glue.core.runs import Run, RunConditions
from pytest_glue.core.tasks import Task
from pytest_glue.progress.events import TrainingProgress
from pytest_glue.search.search import Search, find_hyperparameters
from pytest_glue.statistics.own_metrics import check_own_metrics
from pytest_glue.training.arguments import used_recipe
from pytest_glue.training.callbacks.extra_evaluation import ExtraEvaluationCallback
from pytest_glue.training.callbacks.progress import RunMonitor
from pytest_glue.training.fine_tune import (
    evaluation_data,
    fine_tune,
    predict_texts,
    references,
    run_of_extra_evaluation,
)
from pytest_glue.training.metrics import LabelMapping
from pytest_glue.training.trainer.extensions import extensions_of
from pytest_glue.training.trainer.resume_state import ResumeState

if TYPE_CHECKING:
    from pytest_glue.training.callbacks.trackers import Reporting


@dataclass(frozen=True, eq=False, slots=True)
class Examples:
    """The evaluation examples of a task."""

    encoded: Dataset
    """For the item's model."""
    data_digest: str
    """Of training and evaluation split."""
    groups: tuple[int, ...] | None
    """As in `RunConditions`."""


class TrainerRuns:
    """A `RunSource` that fine-tunes each run when it is asked for, in this process."""

    def __init__(
        self,
        trainer: Trainer,
        labels: LabelMapping,
        conditions: RunConditions,
        monitor: RunMonitor,
        search: Search | None = None,
        examples_of: Callable[[Task], Examples] | None = None,
    ) -> None:
        """Create the source. Nothing is trained.

        Args:
            trainer: of the item.
            labels: the task and the model's labels.
            conditions: of the runs, without the search.
            monitor: reports the progress of each run and limits its time.
            search: runs before the first run; None to use the recipe as it is.
            examples_of: loads the evaluation examples of a task that shares the training; None if no task does.
        """
        self._trainer = trainer
        self._labels = labels
        self._search = search
        self._monitor = monitor
        self.conditions = replace(conditions, terms=search.terms if search else None)
        self._notes: tuple[str, ...] = ()
        self.passing_notes: tuple[str, ...] = ()
        """Notes that concern this test run only, such as those about the cache of encoded data."""
        self._examples_of = examples_of
        self._examples: dict[Task, Examples] = {}
        self.unlabelled: Dataset | None = None
        """Encoded texts that each run predicts too, with `--glue-certify`."""
        self.golden: Dataset | None = None
        """Encoded golden examples, which each run predicts too; None if the task has none."""
        self.submission: Mapping[str, Dataset] | None = None
        """Encoded texts of the leaderboard's files that each run predicts too, with `--glue-submission`."""
        self.reporting: Reporting | None = None
        """Reports each run to experiment trackers; None for no trackers."""
        self.shared_runs: Mapping[Task, tuple[Run, RunConditions]] = {}
        """The last run's counterparts for the tasks that share its training."""

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes on the runs so far, among them the batch layout."""
        return (*self._notes, *self.passing_notes, *extensions_of(self._trainer).notes)

    def add_note(self, note: str) -> None:
        self._notes = (*self._notes, note)

    def run(
        self,
        seed: int,
        resume_state: ResumeState | None = None,
        *,
        target_score: float | None = None,
        shared_tasks: Sequence[Task] = (),
    ) -> Run:
        """Fine-tune with a seed, from the pretrained weights. Run the search first, if there is one.

        Args:
            seed: of the run.
            resume_state: where the run is resumed from, and saved after each epoch; None for neither.
            target_score: headline score at which the run may end; None for a full run.
            shared_tasks: tasks for which `shared_runs` gets a run, if possible.

        Raises:
            FineTuningError: the run ended without a result, or took too long.
            SearchError: the search found nothing, or its storage cannot be used.
        """
        if self._search is not None and self.conditions.study is None:
            self._monitor.on_progress(TrainingProgress("searching"))
            self._find_hyperparameters(self._search)
        evaluations = self._extra_evaluations(shared_tasks)
        with self._monitor.watch(self._trainer, seed, self._labels.task.headline_metric), self._reported(seed):
            run = fine_tune(
                self._trainer,
                self._labels,
                seed,
                resume_state,
                target_score=target_score,
                extra_evaluations=tuple(evaluations.values()),
            )
            if self.unlabelled is not None:
                run = replace(run, unlabelled_predictions=self._predicted(self.unlabelled))
            if self.golden is not None:
                run = replace(run, golden_predictions=self._predicted(self.golden))
            if self.submission is not None:
                predictions = {name: self._predicted(texts) for name, texts in self.submission.items()}
                run = replace(run, test_predictions=predictions)
        found = {task: run_of_extra_evaluation(run, each, self._labels) for task, each in evaluations.items()}
        self.shared_runs = {task: (other, self._conditions_of(task)) for task, other in found.items() if other}
        return run

    def _reported(self, seed: int) -> AbstractContextManager[None]:
        """Return a context in which the run is reported to trackers, if there are any."""
        if self.reporting is None:
            return nullcontext()
        return self.reporting.watch(self._trainer, seed, self._add_passing_note)

    def _add_passing_note(self, note: str) -> None:
        self.passing_notes = (*self.passing_notes, note)

    def _predicted(self, texts: Dataset) -> tuple[float, ...]:
        return predict_texts(self._trainer, self._labels, texts)

    def _extra_evaluations(self, shared_tasks: Sequence[Task]) -> dict[Task, ExtraEvaluationCallback]:
        evaluate = extensions_of(self._trainer).evaluate_extra
        if self._examples_of is None or evaluate is None:
            return {}
        for task in shared_tasks:
            if task not in self._examples:
                with suppress(GlueError):  # the task's own item reports the error
                    self._examples[task] = self._examples_of(task)
        return {
            task: ExtraEvaluationCallback(self._trainer, evaluate, self._examples[task].encoded, task.headline_metric)
            for task in shared_tasks
            if task in self._examples
        }

    def _conditions_of(self, shared_task: Task) -> RunConditions:
        examples = self._examples[shared_task]
        return replace(
            self.conditions,
            n_eval=len(examples.encoded),
            data_digest=examples.data_digest,
            references=tuple(self._labels.to_task_labels(examples.encoded["label"]).tolist()),
            groups=examples.groups,
        )

    def _find_hyperparameters(self, search: Search) -> None:
        before = self.conditions
        identity = {"checkpoint": before.checkpoint.digest or "", "data": before.data_digest}
        study = find_hyperparameters(search, self._trainer, self._labels.task, identity)
        arguments = self._trainer.args
        # `used_recipe` leaves out values that are transformers' defaults, but those that were found are shown.
        found = used_recipe(arguments) | {name: getattr(arguments, name) for name in study.best.hyperparameters}
        # Values of the recipe that are not in TrainingArguments stay, such as max_length.
        others = {name: value for name, value in before.recipe.items() if not hasattr(arguments, name)}
        self.conditions = replace(before, recipe=found | others, study=study)


def conditions_of(
    trainer: Trainer,
    checkpoint: Checkpoint,
    labels: LabelMapping,
    data_digest: str,
    options: Mapping[str, Any],
    notes: tuple[str, ...],
) -> RunConditions:
    """Return the conditions of a trainer's runs.

    Args:
        trainer: of the item, before its first training.
        checkpoint: with its digest.
        labels: the task and the model's labels.
        data_digest: of training and evaluation split.
        options: those that are part of the recipe but not of `TrainingArguments`, such as `max_length`.
        notes: what a reader should know.

    Raises:
        DataError: runs would have to keep too many logits.
    """
    assert isinstance(trainer.train_dataset, Sized)
    check_logits_size(labels.task, len(evaluation_data(trainer)))
    gold = references(trainer, labels)
    check_own_metrics(labels.task, gold)
    return RunConditions(
        checkpoint=checkpoint,
        n_train=len(trainer.train_dataset),
        n_eval=len(evaluation_data(trainer)),
        data_digest=data_digest,
        recipe=used_recipe(trainer.args) | dict(options),
        device=str(trainer.args.device),
        references=gold,
        notes=notes,
    )
