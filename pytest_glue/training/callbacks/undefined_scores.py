"""Lets training choose a best epoch although some scores are undefined."""

from typing import Any

import numpy as np
from transformers import TrainerCallback

from pytest_glue.core.metrics import METRICS
from pytest_glue.training.trainer.embedding_subset import IgnoresWeights


class UndefinedScores(IgnoresWeights, TrainerCallback):
    """Counts an undefined headline score as a number when the best epoch is chosen. The log keeps the NaN.

    `Trainer` never chooses an epoch with a NaN score, and keeps the last epoch if all are NaN. The number is 0, which
    is the chance level, and what scikit-learn reports for an undefined score; where lower is better, the worst score.
    """

    def __init__(self, metric: str) -> None:
        self._key = f"eval_{metric}"
        known = METRICS.get(metric)  # a user's own `compute_metrics` can have others
        self._undefined = known.undefined_score if known else 0.0

    def on_evaluate(self, *_: Any, **kwargs: Any) -> None:
        """Replace the score, after `Trainer` has logged it and before it compares it with the best."""
        metrics: dict[str, float] = kwargs["metrics"]
        if np.isnan(metrics.get(self._key, 0.0)):
            metrics[self._key] = self._undefined
