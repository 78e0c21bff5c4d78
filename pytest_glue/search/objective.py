"""The objective of a study: fine-tunes on part of the data with a trial's hyperparameters and scores each epoch."""

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
"""Called after each epoch; returns whether to stop the trial."""

_TRIAL_ARGUMENTS: dict[str, Any] = {
    "eval_strategy": IntervalStrategy.EPOCH,
    "save_strategy": IntervalStrategy.NO,
    "load_best_model_at_end": False,
}
"""Override the recipe: a trial is scored after each epoch and saves nothing."""


@dataclass(frozen=True)
class Objective:
    """Fine-tunes the trainer of an item on the examples of the search."""

    trainer: Trainer
    train_dataset: Any
    eval_dataset: Any
    metric: str
    """The headline metric, which is maximised, or minimised if lower is better."""

    def __call__(self, hyperparameters: Hyperparameters, report: Report) -> list[TrialEpoch]:
        """Return score and loss of each epoch until the last one or until `report` stops the trial.

        Every trial uses the same seed, so that trials differ only by their hyperparameters.

        Raises:
            FineTuningError: the loss is not finite, or there is no score.
        """
        monitor = _TrialMonitor(self.metric, report)
        with (
            silence_libraries(),
            temporarily_set(self.trainer, train_dataset=self.train_dataset, eval_dataset=self.eval_dataset) as trainer,
        ):
            trainer.add_callback(monitor)
            set_hyperparameters(trainer, _TRIAL_ARGUMENTS | dict(hyperparameters))
            try:
                trainer.train()
            finally:
                trainer.accelerator.free_memory()
        if not monitor.history:
            raise FineTuningError("the trial ended without an evaluation: it has less than one epoch")
        return monitor.history


class _TrialMonitor(IgnoresWeights, TrainerCallback):
    """Records and reports each evaluation of a trial."""

    def __init__(self, metric: str, report: Report) -> None:
        self._metric = metric
        self._report = report
        self.history: list[TrialEpoch] = []

    def on_evaluate(
        self,
        args: TrainingArguments,  # noqa: ARG002 - the signature of the base class
        state: TrainerState,  # noqa: ARG002
        control: TrainerControl,
        **kwargs: Any,
    ) -> None:
        metrics: dict[str, float] = kwargs["metrics"]
        loss = metrics["eval_loss"]
        if not math.isfinite(loss):
            raise FineTuningError(f"the loss is {loss} after epoch {len(self.history) + 1}: the fine-tuning diverged")
        if f"eval_{self._metric}" not in metrics:
            found = sorted(name.removeprefix("eval_") for name in metrics)
            raise FineTuningError(f"compute_metrics returns {found}, which lacks {self._metric!r}")
        score = metrics[f"eval_{self._metric}"]
        self.history.append(TrialEpoch(float(score) if math.isfinite(score) else None, float(loss)))
        if self._report(self.history[-1]):
            control.should_training_stop = True
