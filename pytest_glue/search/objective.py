"""The objective of a study: one trial's fine-tuning on part of the data, scored after each epoch."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from transformers import Trainer, TrainerCallback, TrainerControl, TrainerState, TrainingArguments
from transformers.trainer_utils import IntervalStrategy

from pytest_glue.core.errors import FineTuningError
from pytest_glue.core.study import Hyperparameters, TrialEpoch
from pytest_glue.training.arguments import set_hyperparameters, temporarily_set
from pytest_glue.training.library_state import silence_libraries
from pytest_glue.training.trainer.embedding_subset import IgnoresWeights

Report = Callable[[TrialEpoch], bool]
"""Told of an epoch that has ended; answers whether the trial is to stop."""

_WATCHED: dict[str, Any] = {
    "eval_strategy": IntervalStrategy.EPOCH,
    "save_strategy": IntervalStrategy.NO,
    "load_best_model_at_end": False,
}
"""A trial is scored by epoch, whatever the recipe, and leaves nothing behind."""


@dataclass(frozen=True)
class Objective:
    """Fine-tunes the trainer of an item with a trial's hyperparameters, on the examples of the search."""

    trainer: Trainer
    train_dataset: Any
    eval_dataset: Any
    metric: str
    """The headline metric, which is maximised."""

    def __call__(self, hyperparameters: Hyperparameters, report: Report) -> list[TrialEpoch]:
        """Return what was seen after each epoch; fewer than there are epochs where `report` said to stop.

        Every trial starts from the same seed: what differs between them is the hyperparameters.

        Raises:
            FineTuningError: the loss is not finite, or there is no score.
        """
        monitor = _TrialMonitor(self.metric, report)
        with (
            silence_libraries(),
            temporarily_set(self.trainer, train_dataset=self.train_dataset, eval_dataset=self.eval_dataset) as trainer,
        ):
            trainer.add_callback(monitor)
            set_hyperparameters(trainer, _WATCHED | dict(hyperparameters))
            try:
                trainer.train()
            finally:
                trainer.accelerator.free_memory()
        if not monitor.history:
            message = "the trial ended without an evaluation: it has less than one epoch"
            raise FineTuningError(message)
        return monitor.history


class _TrialMonitor(IgnoresWeights, TrainerCallback):
    """Hears of each evaluation of a trial."""

    def __init__(self, metric: str, report: Report) -> None:
        self._metric = metric
        self._report = report
        self.history: list[TrialEpoch] = []

    def on_evaluate(
        self,
        args: TrainingArguments,  # noqa: ARG002 - the trainer's protocol
        state: TrainerState,  # noqa: ARG002
        control: TrainerControl,
        **kwargs: Any,
    ) -> None:
        """Called by the trainer after each evaluation."""
        metrics: dict[str, float] = kwargs["metrics"]
        loss = metrics["eval_loss"]
        if not math.isfinite(loss):
            message = f"the loss is {loss} after epoch {len(self.history) + 1}: the fine-tuning diverged"
            raise FineTuningError(message)
        if f"eval_{self._metric}" not in metrics:
            found = sorted(name.removeprefix("eval_") for name in metrics)
            message = f"compute_metrics returns {found}, which lacks {self._metric!r}"
            raise FineTuningError(message)
        score = metrics[f"eval_{self._metric}"]
        # Undefined is what a model that knows nothing scores, as where the best epoch is chosen.
        self.history.append(TrialEpoch(float(score) if math.isfinite(score) else 0.0, float(loss)))
        if self._report(self.history[-1]):
            control.should_training_stop = True
