"""Creates the trainer of an item, and fine-tunes with it."""

import time
import traceback
from collections.abc import Callable, Iterator, Sequence, Sized
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from datasets import Dataset, DatasetDict
from transformers import PrinterCallback, Trainer, TrainerCallback, TrainingArguments

from pytest_glue.core.choices import Batching
from pytest_glue.core.errors import FineTuningError, GlueError, ends_process
from pytest_glue.core.runs import Run
from pytest_glue.core.tasks import Task
from pytest_glue.training.arguments import unusual_fields
from pytest_glue.training.callbacks.early_stopping import StopAtScore
from pytest_glue.training.callbacks.extra_evaluation import ExtraEvaluationCallback
from pytest_glue.training.callbacks.undefined_scores import UndefinedScores
from pytest_glue.training.library_state import silence_libraries
from pytest_glue.training.metrics import ComputeMetrics, LabelMapping, history, kept_logits, scores_of
from pytest_glue.training.token_ranges import check_token_ids
from pytest_glue.training.trainer.device_memory import is_out_of_memory
from pytest_glue.training.trainer.extensions import extensions_of
from pytest_glue.training.trainer.glue_trainer import GlueTrainer
from pytest_glue.training.trainer.resume_state import ResumeState


@dataclass(frozen=True, eq=False, slots=True)
class EncodedData:
    """Encoded splits, and the tokenizer that encoded them and pads their batches."""

    splits: DatasetDict
    tokenizer: Any


def make_trainer(
    task: Task,
    model_init: Callable[..., Any],
    arguments: TrainingArguments,
    data: EncodedData,
    compute: ComputeMetrics,
    batching: Batching = Batching.AUTO,
) -> GlueTrainer:
    """Return the trainer of an item. `fine_tune` trains it once for each seed, from the pretrained weights."""
    with silence_libraries(), _explained(arguments):
        trainer = GlueTrainer(
            batching=batching,
            model_init=model_init,
            args=arguments,
            train_dataset=data.splits[task.train_split],
            eval_dataset=data.splits[task.evaluation_split],
            processing_class=data.tokenizer,
            compute_metrics=compute,
            callbacks=[UndefinedScores(task.headline_metric)],
        )
    trainer.remove_callback(PrinterCallback)
    assert isinstance(trainer.model, torch.nn.Module)
    check_token_ids(trainer.model, data.tokenizer, [data.splits[task.train_split], data.splits[task.evaluation_split]])
    return trainer


def fine_tune(
    trainer: Trainer,
    labels: LabelMapping,
    seed: int,
    resume_state: ResumeState | None = None,
    *,
    target_score: float | None = None,
    extra_evaluations: Sequence[ExtraEvaluationCallback] = (),
) -> Run:
    """Fine-tune with a seed and return the run, with the predictions of its best epoch.

    The seed sets the random states of python, numpy and torch. These determine the head, dropout and the order of the
    data.

    Args:
        trainer: of the item.
        labels: the task and the model's labels.
        seed: of the run.
        resume_state: where the run is resumed from, and saved after each epoch; None for neither.
        target_score: headline score at which the run may end; None for a full run.
        extra_evaluations: of tasks that share the training.

    Raises:
        FineTuningError: the run ended without a result. The message gives cause and remedy.
    """
    start, headline_metric = time.perf_counter(), labels.task.headline_metric
    _check_batches(trainer)
    trainer.args.seed = seed
    extensions = extensions_of(trainer)
    extensions.resume_state = resume_state
    stop = StopAtScore(headline_metric, target_score)
    with silence_libraries(), _explained(trainer.args), _added(trainer, stop, *extra_evaluations):
        trainer.train()
        output = extensions.final_output or trainer.predict(evaluation_data(trainer))
        metrics = scores_of(trainer, output)
    duration = time.perf_counter() - start + extensions.seconds_before
    if headline_metric not in metrics:
        message = f"compute_metrics returns {sorted(metrics)}, which lacks {labels.task.name}'s {headline_metric!r}"
        raise FineTuningError(message)
    return Run(
        seed=seed,
        metrics=metrics,
        history=history(trainer.state.log_history),
        predictions=tuple(labels.to_predictions(output.predictions).tolist()),
        duration_s=duration,
        stopped=stop.stopped,
        logits=kept_logits(labels, output.predictions),
    )


def predict_texts(trainer: Trainer, labels: LabelMapping, texts: Dataset) -> tuple[float, ...]:
    """Return the trained model's predictions of further texts; NaN for logits that are not finite.

    What is trained later does not change by it.

    Args:
        trainer: after a run.
        labels: the task and the model's labels.
        texts: encoded, with any label.

    Raises:
        CheckpointError: the model has no embedding for a token.
        FineTuningError: the prediction failed.
    """
    predict = extensions_of(trainer).evaluate_extra or trainer.predict
    assert isinstance(trainer.model, torch.nn.Module)
    if trainer.processing_class is not None:
        check_token_ids(trainer.model, trainer.processing_class, [texts])
    with silence_libraries(), _explained(trainer.args):
        return tuple(labels.to_predictions(predict(texts).predictions).tolist())


def run_of_extra_evaluation(run: Run, evaluation: ExtraEvaluationCallback, labels: LabelMapping) -> Run | None:
    """Return the run of the second task of a shared training; None if the callback did not see every evaluation.

    A training that was resumed, or started again, has evaluations that the callback did not see.

    Args:
        run: of the training.
        evaluation: callback of that training.
        labels: the model's labels.
    """
    log = evaluation.trainer.state.log_history
    epochs = [entry["epoch"] for entry in log if "eval_loss" in entry]
    if evaluation.best is None or len(epochs) != len(evaluation.scores):
        return None
    seen = [{**scores, "epoch": epoch} for scores, epoch in zip(evaluation.scores, epochs, strict=True)]
    return replace(
        run,
        metrics=scores_of(evaluation.trainer, evaluation.best),
        history=history([*(entry for entry in log if "eval_loss" not in entry), *seen]),
        predictions=tuple(labels.to_predictions(evaluation.best.predictions).tolist()),
        logits=kept_logits(labels, evaluation.best.predictions),
    )


def references(trainer: Trainer, labels: LabelMapping) -> tuple[float, ...]:
    """Return the gold labels of the evaluation examples, in the task's order."""
    return tuple(labels.to_task_labels(evaluation_data(trainer)["label"]).tolist())


def evaluation_data(trainer: Trainer) -> Dataset:
    """Return the evaluation split of an item's trainer."""
    assert isinstance(trainer.eval_dataset, Dataset)
    return trainer.eval_dataset


def _check_batches(trainer: Trainer) -> None:
    """Check that the training has a batch.

    Raises:
        FineTuningError: it has none, so that the scores would be those of the pretrained weights.
    """
    examples, size = trainer.train_dataset, trainer.args.train_batch_size
    if trainer.args.dataloader_drop_last and isinstance(examples, Sized) and len(examples) < size:
        message = (
            f"nothing would be trained: dataloader_drop_last drops the only batch, which has {len(examples)} of "
            f"{size} examples; leave it out, or use a smaller per_device_train_batch_size"
        )
        raise FineTuningError(message)


@contextmanager
def _added(trainer: Trainer, *callbacks: TrainerCallback) -> Iterator[None]:
    """Add callbacks to the trainer inside the context."""
    for callback in callbacks:
        trainer.add_callback(callback)
    try:
        yield
    finally:
        for callback in callbacks:
            trainer.remove_callback(callback)


@contextmanager
def _explained(arguments: TrainingArguments) -> Iterator[None]:
    """Turn an exception of a training into an error with cause and remedy."""
    try:
        yield
    except (GlueError, pytest.exit.Exception):
        raise
    except (Exception, SystemExit) as error:  # what a recipe or a user's own fixture can raise has no end
        if ends_process(error):
            raise
        raise FineTuningError(_cause(error, arguments)) from error


def _cause(error: BaseException, arguments: TrainingArguments) -> str:
    if is_out_of_memory(error):
        size = arguments.per_device_train_batch_size
        return (
            f"out of memory on {arguments.device} with {size} examples a batch; to train with the same updates and "
            f"half the memory, use --glue-recipe per_device_train_batch_size={max(size // 2, 1)} "
            "--glue-recipe gradient_accumulation_steps=2, or truncate the inputs with --glue-max-length"
        )
    if isinstance(error, KeyError) and "metric_for_best_model" in str(error):
        return f"compute_metrics does not return {arguments.metric_for_best_model!r}, which chooses the best epoch"
    frame = traceback.extract_tb(error.__traceback__)[-1]
    cause = ": ".join(part for part in (type(error).__name__, " ".join(str(error).split())) if part)
    unusual = unusual_fields(arguments)
    recipe = f"; the recipe sets {unusual}" if unusual else ""
    where = f"raised at {Path(frame.filename).name}:{frame.lineno}; --full-trace shows the traceback"
    return f"the fine-tuning failed: {cause} ({where}){recipe}"
