"""Metrics of a training: what the trainer computes, and its log as a history."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from transformers import EvalPrediction, Trainer, TrainerCallback

from pytest_glue.core.runs import Epoch, Scores
from pytest_glue.core.tasks import Task
from pytest_glue.statistics.metrics import compute as compute_scores

ComputeMetrics = Callable[[EvalPrediction], dict[str, float]]


def compute_metrics(task: Task, label_ids: Sequence[int]) -> ComputeMetrics:
    """Return what `Trainer(compute_metrics=...)` takes: the task's metrics of a model's output, NaN where undefined.

    Args:
        task: says which metrics.
        label_ids: the model's id of each of the task's labels; empty for a regression.
    """

    def compute(output: EvalPrediction) -> dict[str, float]:
        predictions = task_predictions(output.predictions, label_ids)
        return compute_scores(task, predictions, task_labels(output.label_ids, label_ids))

    return compute


def task_predictions(output: Any, label_ids: Sequence[int]) -> NDArray[np.float64]:
    """Return a model's output as predictions in the task's order: shape (n,).

    Args:
        output: logits of shape (n, labels), or a tuple that begins with them, as some models return.
        label_ids: the model's id of each of the task's labels; empty for a regression.
    """
    logits = np.asarray(output[0] if isinstance(output, tuple) else output, dtype=np.float64)
    if not label_ids:
        return logits.reshape(len(logits))
    chosen = task_labels(np.argmax(logits, axis=1), label_ids)
    return np.where(np.isfinite(logits).all(axis=1), chosen, np.nan)


def task_labels(labels: Any, label_ids: Sequence[int]) -> NDArray[np.float64]:
    """Return the model's label ids as the task's: shape (n,). A regression's numbers are left as they are."""
    values = np.asarray(labels)
    return np.asarray(np.argsort(label_ids)[values] if label_ids else values, dtype=np.float64)


def history(log: Sequence[Mapping[str, Any]]) -> tuple[Epoch, ...]:
    """Return the trainer's log as one entry for each evaluation."""
    losses = {entry["epoch"]: entry["loss"] for entry in log if "loss" in entry}
    evaluations = [entry for entry in log if "eval_loss" in entry]
    return tuple(
        Epoch(
            epoch=entry["epoch"],
            loss=_number(losses.get(entry["epoch"])),
            evaluation_loss=_number(entry["eval_loss"]),
            metrics=_scores({k.removeprefix("eval_"): v for k, v in entry.items() if _is_metric(k)}),
        )
        for entry in evaluations
    )


class UndefinedScores(TrainerCallback):
    """Lets an undefined headline score count as 0 where the best epoch is chosen.

    The trainer never takes an epoch whose score is NaN for the best, and with NaN alone it keeps the last. 0 is what a
    model that knows nothing scores, and what scikit-learn reports; the log keeps the NaN.
    """

    def __init__(self, metric: str) -> None:
        self._key = f"eval_{metric}"

    def on_evaluate(self, *_: Any, **kwargs: Any) -> None:
        """Called by the trainer after it has logged an evaluation and before it compares it with the best."""
        metrics: dict[str, float] = kwargs["metrics"]
        if np.isnan(metrics.get(self._key, 0.0)):
            metrics[self._key] = 0.0


def _metrics(trainer: Trainer, output: Any) -> Scores:
    """Return the item's metrics of what an evaluation or a prediction gave."""
    assert trainer.compute_metrics is not None
    assert output.label_ids is not None
    return _scores(trainer.compute_metrics(EvalPrediction(output.predictions, output.label_ids)))


def _scores(metrics: Mapping[str, Any]) -> Scores:
    return {name: _number(value) for name, value in metrics.items()}


def _number(value: Any) -> float | None:
    return None if value is None or not np.isfinite(value) else float(value)


def _is_metric(key: str) -> bool:
    timings = ("_runtime", "_per_second", "_loss", "_time")
    return key.startswith("eval_") and not key.endswith(timings)
