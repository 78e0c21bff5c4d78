"""A companion: an evaluation on other examples after each of a training's own, which leaves the training as it was."""

from typing import TYPE_CHECKING, Any

import numpy as np
from datasets import Dataset
from transformers import TrainerCallback

from pytest_glue.training.trainer.glue_trainer import GlueTrainer

if TYPE_CHECKING:
    from transformers.trainer_utils import EvalLoopOutput


class ExtraEvaluationCallback(TrainerCallback):
    """Sees what a training would have seen, had it been evaluated on a companion's examples, and keeps its best epoch.

    The weights of that epoch are nobody's need: what they predict is kept.
    """

    def __init__(self, trainer: GlueTrainer, examples: Dataset, metric: str) -> None:
        """Take what is evaluated.

        Args:
            trainer: that it accompanies.
            examples: as its model takes them.
            metric: that chooses the best epoch.
        """
        self.trainer = trainer
        """That trains."""
        self._examples, self._key = examples, f"eval_{metric}"
        self._best_score = float("-inf")
        self.best: EvalLoopOutput | None = None
        """What the best epoch predicts; None before the first."""
        self.scores: list[dict[str, float]] = []
        """Of each evaluation: loss and metrics, by the names that a trainer's log has."""

    def on_evaluate(self, *_: Any, **__: Any) -> None:
        """Called by the trainer after each of its own evaluations."""
        output = self.trainer.evaluate_extra(self._examples)
        self.scores.append(output.metrics or {})
        score = self.scores[-1][self._key]
        score = 0.0 if np.isnan(score) else score  # as `UndefinedScores` has it
        if score > self._best_score:
            self.best, self._best_score = output, score
