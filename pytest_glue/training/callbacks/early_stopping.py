"""Ends a training early once its score is high enough."""

from typing import Any

from transformers import TrainerCallback

from pytest_glue.training.trainer.embedding_subset import IgnoresWeights


class StopAtScore(IgnoresWeights, TrainerCallback):
    """Ends a training once its best epoch reaches a target score.

    It acts only if the best epoch by this metric is the training's result: later epochs can then not lower the score.
    """

    def __init__(self, metric: str, target_score: float) -> None:
        """Create the callback.

        Args:
            metric: chooses the best epoch.
            target_score: above 0, since an undefined score counts as 0 and must not reach it.
        """
        self._metric, self._target_score = metric, target_score
        self.stopped = False
        """Whether the training ended before its last epoch."""

    def on_evaluate(self, *given: Any, **kwargs: Any) -> None:
        """End the training if the target is reached. `Trainer` calls this before it updates `state.best_metric`."""
        arguments, state, control = given
        chooses = (arguments.metric_for_best_model or "").removeprefix("eval_") == self._metric
        if not (chooses and arguments.load_best_model_at_end and arguments.greater_is_better and state.global_step):
            return
        found = kwargs["metrics"].get(f"eval_{self._metric}", 0.0)
        if max(found, state.best_metric or 0.0) >= self._target_score and state.global_step < state.max_steps:
            self.stopped = control.should_training_stop = True
