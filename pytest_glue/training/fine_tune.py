"""Training: the trainer of an item, and one run of it."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from datasets import Dataset, DatasetDict
from transformers import PrinterCallback, Trainer, TrainerCallback, TrainingArguments

from pytest_glue.core.choices import Batching
from pytest_glue.core.errors import FineTuningError
from pytest_glue.core.runs import Run
from pytest_glue.core.tasks import Task
from pytest_glue.training.callbacks.early_stopping import StopAtScore
from pytest_glue.training.callbacks.extra_evaluation import ExtraEvaluationCallback
from pytest_glue.training.library_state import silence_libraries
from pytest_glue.training.metrics import (
    ComputeMetrics,
    UndefinedScores,
    _metrics,
    history,
    task_labels,
    task_predictions,
)
from pytest_glue.training.trainer.device_memory import is_out_of_memory
from pytest_glue.training.trainer.glue_trainer import GlueTrainer
from pytest_glue.training.trainer.resume_state import ResumeState


def make_trainer(
    task: Task,
    model_init: Callable[..., Any],
    arguments: TrainingArguments,
    encoded: DatasetDict,
    tokenizer: Any,
    compute: ComputeMetrics,
    batching: Batching = Batching.AUTO,
) -> GlueTrainer:
    """Return the trainer of an item; `fine_tune` trains it once for each seed, from the pretrained weights."""
    with silence_libraries(), _explained(arguments):
        trainer = GlueTrainer(
            batching=batching,
            model_init=model_init,
            args=arguments,
            train_dataset=encoded[task.train_split],
            eval_dataset=encoded[task.evaluation_split],
            processing_class=tokenizer,
            compute_metrics=compute,
            callbacks=[UndefinedScores(task.headline_metric)],
        )
    trainer.remove_callback(PrinterCallback)
    return trainer


def fine_tune(
    trainer: Trainer,
    task: Task,
    label_ids: Sequence[int],
    seed: int,
    resume_state: ResumeState | None = None,
    *,
    target_score: float | None = None,
    extra_evaluations: Sequence[ExtraEvaluationCallback] = (),
) -> Run:
    """Fine-tune with a seed and return what the best epoch predicts.

    The seed sets the random states of python, numpy and torch, and with them the head, dropout and the data's order.

    Args:
        trainer: of the item.
        task: of the item.
        label_ids: the model's id of each of the task's labels; empty for a regression.
        seed: of the run.
        resume_state: where the run goes on from, and is saved after each epoch; None where neither is wanted.
        target_score: the headline score at which it may end; None where it goes to its end.
        extra_evaluations: what is evaluated beside it.

    Raises:
        FineTuningError: the run ended without a result; the message gives cause and remedy.
    """
    start = time.perf_counter()
    trainer.args.seed = seed
    if isinstance(trainer, GlueTrainer):
        trainer.resume_state = resume_state
    stop = StopAtScore(task.headline_metric, float("inf") if target_score is None else target_score)
    with silence_libraries(), _explained(trainer.args), _called(trainer, stop, *extra_evaluations):
        trainer.train()
        outcome = trainer.outcome if isinstance(trainer, GlueTrainer) else None
        output = outcome or trainer.predict(evaluation_data(trainer))
    duration = time.perf_counter() - start + (trainer.seconds_before if isinstance(trainer, GlueTrainer) else 0.0)
    metrics = _metrics(trainer, output)
    if task.headline_metric not in metrics:
        message = f"compute_metrics returns {sorted(metrics)}, which lacks {task.name}'s {task.headline_metric!r}"
        raise FineTuningError(message)
    return Run(
        seed=seed,
        metrics=metrics,
        history=history(trainer.state.log_history),
        predictions=tuple(task_predictions(output.predictions, label_ids).tolist()),
        duration_s=duration,
        stopped=stop.stopped,
    )


def run_of_extra_evaluation(
    run: Run, extra_evaluation: ExtraEvaluationCallback, label_ids: Sequence[int]
) -> Run | None:
    """Return the run of the companion's examples that came about beside another one's; None where it is not whole.

    A training that went on after it was stopped, or began anew, has other evaluations than its companion saw.

    Args:
        run: that the companion's trainer just made.
        extra_evaluation: of that run.
        label_ids: the model's id of each of the task's labels; empty for a regression.
    """
    log = extra_evaluation.trainer.state.log_history
    epochs = [entry["epoch"] for entry in log if "eval_loss" in entry]
    if extra_evaluation.best is None or len(epochs) != len(extra_evaluation.scores):
        return None
    seen = [{**scores, "epoch": epoch} for scores, epoch in zip(extra_evaluation.scores, epochs, strict=True)]
    return replace(
        run,
        metrics=_metrics(extra_evaluation.trainer, extra_evaluation.best),
        history=history([*(entry for entry in log if "eval_loss" not in entry), *seen]),
        predictions=tuple(task_predictions(extra_evaluation.best.predictions, label_ids).tolist()),
    )


def references(trainer: Trainer, label_ids: Sequence[int]) -> tuple[float, ...]:
    """Return the gold labels of the evaluation examples, in the task's order."""
    return tuple(task_labels(evaluation_data(trainer)["label"], label_ids).tolist())


def notes(trainer: Trainer) -> tuple[str, ...]:
    """Return what a reader of the evaluation should know of how it was trained."""
    return trainer.notes if isinstance(trainer, GlueTrainer) else ()


def evaluation_data(trainer: Trainer) -> Dataset:
    """Return the one evaluation set of an item's trainer."""
    assert isinstance(trainer.eval_dataset, Dataset)
    return trainer.eval_dataset


@contextmanager
def _called(trainer: Trainer, *callbacks: TrainerCallback) -> Iterator[None]:
    """Let a training call them, and the next one not."""
    for callback in callbacks:
        trainer.add_callback(callback)
    try:
        yield
    finally:
        for callback in callbacks:
            trainer.remove_callback(callback)


@contextmanager
def _explained(arguments: TrainingArguments) -> Iterator[None]:
    """Turn what ends a fine-tuning into an error with cause and remedy."""
    try:
        yield
    except RuntimeError as error:
        raise FineTuningError(_cause(error, arguments)) from error
    except KeyError as error:
        if "metric_for_best_model" not in str(error):
            raise
        message = f"compute_metrics does not return {arguments.metric_for_best_model!r}, which chooses the best epoch"
        raise FineTuningError(message) from error


def _cause(error: RuntimeError, arguments: TrainingArguments) -> str:
    if is_out_of_memory(error):
        size = arguments.per_device_train_batch_size
        return (
            f"out of memory on {arguments.device} with {size} examples a batch; halve it and keep its mathematics "
            f"with --glue-recipe per_device_train_batch_size={max(size // 2, 1)} "
            "--glue-recipe gradient_accumulation_steps=2, or cut the inputs with --glue-max-length"
        )
    return f"the fine-tuning failed: {type(error).__name__}: {error}"
