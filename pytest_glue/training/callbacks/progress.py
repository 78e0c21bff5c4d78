"""Telling: what a training is at, for whoever watches it."""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from transformers import Trainer, TrainerCallback, TrainerState

from pytest_glue.progress.events import ProgressCallback, TrainingProgress
from pytest_glue.training.callbacks.time_limit import time_limit
from pytest_glue.training.trainer.embedding_subset import IgnoresWeights
from pytest_glue.training.trainer.glue_trainer import GlueTrainer

TRAINING = "training"
EVALUATING = "evaluating"
_INTERVAL_S = 1.0


@contextmanager
def telling(trainer: Trainer, on_progress: ProgressCallback, seed: int, metric: str) -> Iterator[None]:
    """Let the trainer's next training be told of: at most once a second, and at the end of each epoch.

    Args:
        trainer: of the item.
        on_progress: is told.
        seed: of the run.
        metric: whose value is an epoch's score.
    """
    callback = ReportProgress(on_progress, seed, metric, lambda: _last_loss(trainer))
    trainer.add_callback(callback)
    try:
        yield
    finally:
        trainer.remove_callback(callback)


class ReportProgress(IgnoresWeights, TrainerCallback):
    """Tells of a training at most once a second, and of the end of each epoch; it changes nothing about it."""

    def __init__(self, on_progress: ProgressCallback, seed: int, metric: str, loss: Callable[[], float | None]) -> None:
        """Take who is told, and what of.

        Args:
            on_progress: is told.
            seed: of the run.
            metric: whose value is an epoch's score.
            loss: returns the last batch's, which no trainer gives to its callbacks; None where nobody knows it.
        """
        self._on_progress = on_progress
        self._seed = seed
        self._key = f"eval_{metric}"
        self._loss = loss
        self._score: float | None = None
        self._start = self._told = time.monotonic()
        self._first_step = 0

    def on_train_begin(self, *given: Any, **_: Any) -> None:
        """Called by the trainer at its first step, or where it goes on."""
        _arguments, state, _control = given
        self._start, self._first_step = time.monotonic(), state.global_step
        self._say(TRAINING, state)

    def on_step_end(self, *given: Any, **_: Any) -> None:
        """Called by the trainer after each update."""
        self._say_sometimes(TRAINING, given[1])

    def on_prediction_step(self, *given: Any, **_: Any) -> None:
        """Called by the trainer after each batch of an evaluation."""
        self._say_sometimes(EVALUATING, given[1])

    def on_evaluate(self, *given: Any, **kwargs: Any) -> None:
        """Called by the trainer after each evaluation, which ends an epoch."""
        _arguments, state, _control = given
        self._score = _finite(kwargs["metrics"].get(self._key))
        self._say(TRAINING, state)

    def _say_sometimes(self, stage: str, state: TrainerState) -> None:
        if time.monotonic() - self._told >= _INTERVAL_S:
            self._say(stage, state)

    def _say(self, stage: str, state: TrainerState) -> None:
        self._told = time.monotonic()
        elapsed, done = self._told - self._start, state.global_step - self._first_step
        progress = TrainingProgress(
            stage=stage,
            seed=self._seed,
            step=state.global_step,
            steps=state.max_steps,
            epoch=state.epoch or 0.0,
            epochs=float(state.num_train_epochs),
            loss=_finite(self._loss()),
            score=self._score,
            elapsed_s=elapsed,
            left_s=elapsed / done * (state.max_steps - state.global_step) if done else None,
        )
        self._on_progress(progress)


def _last_loss(trainer: Trainer) -> float | None:
    """Return the last batch's loss; of a trainer that does not keep it, what was last logged."""
    if isinstance(trainer, GlueTrainer):
        return trainer.last_loss
    return next((entry["loss"] for entry in reversed(trainer.state.log_history) if "loss" in entry), None)


def _finite(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)


@dataclass(frozen=True, slots=True)
class RunMonitor:
    """How the runs of an item are watched, which changes nothing about them."""

    item: str
    """A name for messages."""
    on_progress: ProgressCallback
    """Hears of each run's moments."""
    limit_s: float | None = None
    """How long a run may take; None for as long as it likes."""

    @contextmanager
    def over(self, trainer: Trainer, seed: int, metric: str) -> Iterator[None]:
        """Watch the trainer's next training.

        Args:
            trainer: of the item.
            seed: of the run.
            metric: whose value is an epoch's score.

        Raises:
            FineTuningError: it took too long.
        """
        with telling(trainer, self.on_progress, seed, metric), time_limit(trainer, self.item, seed, self.limit_s):
            yield
