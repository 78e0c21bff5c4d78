"""Ends a training early once its score is high enough."""

from typing import Any

from transformers import TrainerCallback

from pytest_glue.core.metrics import find_metric
from pytest_glue.training.trainer.embedding_subset import IgnoresWeights


class StopAtScore(IgnoresWeights, TrainerCallback):
    """Ends a training once its best epoch reaches a target score.

    It acts only if the best epoch by this metric is the training's result: later epochs can then not make it worse.
    """

    def __init__(self, metric: str, target_score: float | None) -> None:
        """Create the callback.

        Args:
            metric: chooses the best epoch.
            target_score: better than `Metric.undefined_score`, as which an undefined score counts; None to never stop.
        """
        self._metric, self._target_score = metric, target_score
        self.stopped = False
        """Whether the training ended before its last epoch."""

    def on_evaluate(self, *given: Any, **kwargs: Any) -> None:
        """End the training if the target is reached. `Trainer` calls this before it updates `state.best_metric`."""
        arguments, state, control = given
        chooses = (arguments.metric_for_best_model or "").removeprefix("eval_") == self._metric
        if self._target_score is None or not (chooses and arguments.load_best_model_at_end and state.global_step):
            return
        metric = find_metric(self._metric)
        if arguments.greater_is_better != metric.greater_is_better:
            return
        found = [kwargs["metrics"].get(f"eval_{self._metric}"), state.best_metric]
        reached = [score for score in found if score is not None and metric.sign * (score - self._target_score) >= 0]
        if reached and state.global_step < state.max_steps:
            self.stopped = control.should_training_stop = True
