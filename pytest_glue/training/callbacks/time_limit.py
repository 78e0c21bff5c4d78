"""Ends a fine-tuning that takes too long, also if it hangs, and the processes that it started."""

import signal
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Any

import psutil
from transformers import TrainerCallback

from pytest_glue.core.errors import FineTuningError
from pytest_glue.integrations.processes import descendants, terminate, wait_or_kill
from pytest_glue.training.trainer.embedding_subset import IgnoresWeights

if TYPE_CHECKING:
    from transformers import Trainer

_AGAIN_S = 5.0
"""Interval of further alarms: user code may catch the first one, or it arrives where Python drops exceptions."""


class _Reached(BaseException):
    """The time limit was reached. A `BaseException`, so that `except Exception` in user code does not swallow it."""


@contextmanager
def time_limit(trainer: "Trainer", item: str, seed: int, limit_s: float | None) -> Iterator[None]:
    """Limit the time inside the context. After the limit, end the child processes that were started inside it.

    In the main thread, an alarm interrupts whatever runs, also if it hangs. In other threads, and on systems without
    alarms, each training step checks the time.

    Args:
        trainer: of the item, which trains inside the context.
        item: name for the message.
        seed: of the run.
        limit_s: in seconds; None for no limit.

    Raises:
        FineTuningError: the limit was reached. The message says how far the training was.
    """
    if limit_s is None:
        yield
        return
    clock = _Clock(time.monotonic() + limit_s)
    trainer.add_callback(clock)
    try:
        with ended_after(limit_s, lambda: _message(trainer, item, seed, limit_s)):
            yield
    finally:
        trainer.remove_callback(clock)


@contextmanager
def ended_after(limit_s: float | None, message: Callable[[], str]) -> Iterator[None]:
    """Limit the time inside the context, in the main thread. After the limit, end the child processes started inside.

    Args:
        limit_s: in seconds; None for no limit.
        message: returns that of the error.

    Raises:
        FineTuningError: the limit was reached.
    """
    if limit_s is None:
        yield
        return
    children = descendants()
    try:
        with _alarm(limit_s):
            yield
    except _Reached as reached:
        _end(descendants() - children, reached)
        raise FineTuningError(message()) from None


class _Clock(IgnoresWeights, TrainerCallback):
    """Checks the time after each step of a training and of an evaluation."""

    def __init__(self, end: float) -> None:
        self._end = end

    def on_step_end(self, *_: Any, **__: Any) -> None:
        self._check()

    def on_substep_end(self, *_: Any, **__: Any) -> None:
        self._check()

    def on_prediction_step(self, *_: Any, **__: Any) -> None:
        self._check()

    def _check(self) -> None:
        if time.monotonic() >= self._end:
            raise _Reached


@contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    """Interrupt the main thread after so many seconds. An alarm that was already set is restored afterwards.

    If that alarm comes first, set none: it usually ends the whole test.
    """
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return
    start = time.monotonic()
    earlier, interval = signal.getitimer(signal.ITIMER_REAL)
    if 0 < earlier <= seconds:
        yield
        return
    handler: Callable[[int, FrameType | None], Any] | int | None = signal.signal(signal.SIGALRM, _ring)
    signal.setitimer(signal.ITIMER_REAL, seconds, _AGAIN_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)
        if earlier:
            signal.setitimer(signal.ITIMER_REAL, max(earlier - (time.monotonic() - start), 1e-3), interval)


def _ring(_number: int, _frame: FrameType | None) -> None:
    raise _Reached


def _message(trainer: "Trainer", item: str, seed: int, limit_s: float) -> str:
    state = trainer.state
    where = f"epoch {state.epoch or 0.0:.1f} of {state.num_train_epochs}, step {state.global_step} of {state.max_steps}"
    return (
        f"{item}, seed {seed}: the fine-tuning took longer than --glue-timeout={limit_s:g} and was ended at {where}; "
        "raise the limit, train less with --glue-max-train-samples or --glue-recipe num_train_epochs=N, or find out "
        "what hangs; with --glue-resume the next try continues after the last epoch"
    )


def _end(processes: set[psutil.Process], reached: BaseException) -> None:
    terminate(processes)
    traceback.clear_frames(reached.__traceback__)  # drops a DataLoader's iterator, which ends its workers
    wait_or_kill(processes)
