"""Progress and time limit of training runs."""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from transformers import TrainerCallback, TrainerState
from typing_extensions import override

from pytest_glue.progress.events import ProgressCallback, TrainingProgress
from pytest_glue.training.callbacks.time_limit import time_limit
from pytest_glue.training.trainer.embedding_subset import IgnoresWeights

if TYPE_CHECKING:
    from transformers import Trainer

INTERVAL_S = 1.0


class ReportProgress(IgnoresWeights, TrainerCallback):
    """Reports a run at most once a second, with the loss and the score that the trainer logged last."""

    def __init__(
        self, on_progress: ProgressCallback, seed: int, metric: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._on_progress, self._seed, self._metric, self._clock = on_progress, seed, metric, clock
        self._start_s = self._reported_s = -math.inf
        self._first_step = 0

    @override
    def on_train_begin(self, args: Any, state: TrainerState, control: Any, **kwargs: Any) -> None:
        self._start_s, self._first_step = self._clock(), state.global_step  # a resumed run does not begin at 0
        self.on_step_end(args, state, control)

    @override
    def on_step_end(self, args: Any, state: TrainerState, control: Any, **kwargs: Any) -> None:
        now = self._clock()
        if now - self._reported_s < INTERVAL_S:
            return
        self._reported_s = now
        elapsed_s, done = now - self._start_s, state.global_step - self._first_step
        progress = TrainingProgress(
            stage="training",
            seed=self._seed,
            share=state.global_step / state.max_steps,
            epoch=state.epoch or 0.0,
            epochs=state.num_train_epochs,
            loss=_last_logged(state, "loss"),
            score=_last_logged(state, f"eval_{self._metric}"),
            elapsed_s=elapsed_s,
            left_s=elapsed_s / done * (state.max_steps - state.global_step) if done else None,
        )
        self._on_progress(progress)


def _last_logged(state: TrainerState, name: str) -> float | None:
    value = next((entry[name] for entry in reversed(state.log_history) if name in entry), None)
    return float(value) if value is not None and math.isfinite(value) else None


@dataclass(frozen=True, slots=True)
class RunMonitor:
    """Reports the progress of an item's runs, and limits the time of each."""

    item: str
    on_progress: ProgressCallback
    limit_s: float | None = None

    @contextmanager
    def watch(self, trainer: "Trainer", seed: int, metric: str) -> Iterator[None]:
        """Watch the trainer's next run, whose score is the value of `metric`.

        Raises:
            FineTuningError: the run exceeded the time limit.
        """
        callback = ReportProgress(self.on_progress, seed, metric)
        trainer.add_callback(callback)
        try:
            with time_limit(trainer, self.item, seed, self.limit_s):
                yield
        finally:
            trainer.remove_callback(callback)
