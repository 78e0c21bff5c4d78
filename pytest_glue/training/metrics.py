"""Metrics of a run: from model output to the task's scores, and from the trainer's log to a history."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from transformers import EvalPrediction

from pytest_glue.core.metrics import METRICS, needs_logits
from pytest_glue.core.own_metrics import share_metrics
from pytest_glue.core.runs import Epoch, Scores
from pytest_glue.core.tasks import Task
from pytest_glue.statistics.logits import encode_logits
from pytest_glue.statistics.metrics import compute as compute_scores
from pytest_glue.training.label_sets import to_numbers

if TYPE_CHECKING:
    from transformers import Trainer

ComputeMetrics = Callable[[EvalPrediction], dict[str, float]]


@dataclass(frozen=True, slots=True)
class LabelMapping:
    """A task, and how a model numbers its labels."""

    task: Task
    label_ids: Sequence[int]
    """The model's id of each of the task's labels, in the task's order; empty for a regression."""

    def to_task_labels(self, labels: Any) -> NDArray[np.float64]:
        """Return the model's label ids in the task's order: shape (n,).

        Any label that the task lacks becomes the number after its last label. Numbers of a regression stay as they are.
        Vectors of sets of labels, shape (n, labels), become numbers.
        """
        values = np.asarray(labels)
        if self.task.is_multi_label:
            return to_numbers(values, self.label_ids)
        if not self.label_ids:
            return np.asarray(values, np.float64)
        others = len(self.label_ids)
        by_id = np.full(max(values.max(initial=0), *self.label_ids) + 1, others, np.float64)
        by_id[list(self.label_ids)] = np.arange(others)
        return np.asarray(by_id[values], np.float64)

    def to_predictions(self, output: Any) -> NDArray[np.float64]:
        """Return a model's output as predictions in the task's order: shape (n,), NaN for logits that are not finite.

        Args:
            output: logits of shape (n, labels), or a tuple that begins with them. A set of labels has those whose
                logits are above 0, so that their probabilities are above one half.
        """
        logits = np.asarray(output[0] if isinstance(output, tuple) else output, dtype=np.float64)
        if not self.label_ids:
            return logits.reshape(len(logits))
        if self.task.is_multi_label:
            others = np.delete(logits, list(self.label_ids), axis=1) > 0
            chosen = to_numbers(logits > 0, self.label_ids) + 2.0 ** len(self.label_ids) * others.any(axis=1)
        else:
            chosen = self.to_task_labels(np.argmax(logits, axis=1))
        return np.where(np.isfinite(logits).all(axis=1), chosen, np.nan)

    def to_logits(self, output: Any) -> NDArray[np.float32]:
        """Return the logits of a model's output in the task's order: shape (n, labels).

        Args:
            output: as for `to_predictions`, not of a regression.
        """
        logits = np.asarray(output[0] if isinstance(output, tuple) else output, dtype=np.float32)
        return logits[:, list(self.label_ids)]


def kept_logits(labels: LabelMapping, output: Any) -> str | None:
    """Return the logits of a model's output as a run keeps them; None if no metric of the task needs them."""
    return encode_logits(labels.to_logits(output)) if needs_logits(labels.task) else None


def compute_metrics(task: Task, label_ids: Sequence[int]) -> ComputeMetrics:
    """Return a function for `Trainer(compute_metrics=...)` that computes the task's metrics, NaN where undefined.

    Args:
        task: defines the metrics.
        label_ids: the model's id of each of the task's labels; empty for a regression.
    """
    labels = LabelMapping(task, label_ids)
    metrics = [METRICS[name] for name in task.metrics if name in METRICS]

    def compute(output: EvalPrediction) -> dict[str, float]:
        share_metrics(metrics)  # the function may have been sent to another process
        logits = labels.to_logits(output.predictions) if needs_logits(task) else None
        predictions, references = labels.to_predictions(output.predictions), labels.to_task_labels(output.label_ids)
        return compute_scores(task, predictions, references, logits)

    return compute


def scores_of(trainer: "Trainer", output: Any) -> Scores:
    """Return the trainer's metrics of the output of an evaluation or a prediction; None where undefined."""
    assert trainer.compute_metrics is not None
    assert output.label_ids is not None
    return to_scores(trainer.compute_metrics(EvalPrediction(output.predictions, output.label_ids)))


def history(log: Sequence[Mapping[str, Any]]) -> tuple[Epoch, ...]:
    """Return one entry for each evaluation in the trainer's log."""
    losses = {entry["epoch"]: entry["loss"] for entry in log if "loss" in entry}
    evaluations = [entry for entry in log if "eval_loss" in entry]
    return tuple(
        Epoch(
            epoch=entry["epoch"],
            loss=_number(losses.get(entry["epoch"])),
            evaluation_loss=_number(entry["eval_loss"]),
            metrics=to_scores({k.removeprefix("eval_"): v for k, v in entry.items() if _is_metric(k)}),
        )
        for entry in evaluations
    )


def to_scores(metrics: Mapping[str, Any]) -> Scores:
    """Return what `compute_metrics` returned as scores, None where undefined."""
    return {name: _number(value) for name, value in metrics.items()}


def _number(value: Any) -> float | None:
    return None if value is None or not np.isfinite(value) else float(value)


def _is_metric(key: str) -> bool:
    timings = ("_runtime", "_per_second", "_time")
    return key.startswith("eval_") and key != "eval_loss" and not key.endswith(timings)
