"""Stopping: a training ends once its best epoch has a score that is enough."""

from typing import Any

from transformers import TrainerCallback


class StopAtScore(TrainerCallback):
    """Ends a training after the evaluation by which its best epoch has reached a score.

    Only where the best epoch by that score is the one that counts: what was reached is then never lost again.
    """

    def __init__(self, metric: str, target_score: float) -> None:
        """Take what is enough.

        Args:
            metric: that chooses the best epoch.
            target_score: of it, above 0: an undefined score counts as 0 and could else take the place of the best.
        """
        self._metric, self._target_score = metric, target_score
        self.stopped = False
        """Whether there would have been more of the training."""

    def on_evaluate(self, *given: Any, **kwargs: Any) -> None:
        """Called by the trainer after each evaluation, before it compares it with the best."""
        arguments, state, control = given
        chooses = (arguments.metric_for_best_model or "").removeprefix("eval_") == self._metric
        if not (chooses and arguments.load_best_model_at_end and arguments.greater_is_better and state.global_step):
            return
        found = kwargs["metrics"].get(f"eval_{self._metric}", 0.0)
        if max(found, state.best_metric or 0.0) >= self._target_score and state.global_step < state.max_steps:
            self.stopped = control.should_training_stop = True
