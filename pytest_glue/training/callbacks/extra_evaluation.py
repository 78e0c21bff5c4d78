"""Evaluates a training on the examples of a second task that shares it."""

from typing import TYPE_CHECKING, Any

import numpy as np
from datasets import Dataset
from transformers import Trainer, TrainerCallback

from pytest_glue.core.metrics import find_metric
from pytest_glue.training.trainer.embedding_subset import IgnoresWeights

if TYPE_CHECKING:
    from collections.abc import Callable

    from transformers.trainer_utils import EvalLoopOutput


class ExtraEvaluationCallback(IgnoresWeights, TrainerCallback):
    """Evaluates other examples after each of the training's evaluations, and keeps the output of their best epoch.

    It evaluates the weights but does not read them, and does not change the training.
    """

    def __init__(
        self, trainer: Trainer, evaluate: "Callable[[Dataset], EvalLoopOutput]", examples: Dataset, metric: str
    ) -> None:
        """Create the callback for one training.

        Args:
            trainer: of the training.
            evaluate: the trainer's `evaluate_extra`.
            examples: encoded for the trainer's model.
            metric: chooses the best epoch.
        """
        self.trainer = trainer
        self._evaluate, self._examples, self._key = evaluate, examples, f"eval_{metric}"
        self._metric = find_metric(metric)
        self._best_score: float | None = None
        self.best: EvalLoopOutput | None = None
        """Output of the best epoch; None before the first."""
        self.scores: list[dict[str, float]] = []
        """Loss and metrics of each evaluation, under the names of the trainer's log."""

    def on_evaluate(self, *_: Any, **__: Any) -> None:
        """Evaluate the examples, after one of the training's own evaluations."""
        output = self._evaluate(self._examples)
        self.scores.append(output.metrics or {})
        score = self.scores[-1][self._key]
        # As `UndefinedScores` does for the training's own score.
        score = self._metric.undefined_score if np.isnan(score) else score
        if self._best_score is None or self._metric.sign * (score - self._best_score) > 0:
            self.best, self._best_score = output, score
