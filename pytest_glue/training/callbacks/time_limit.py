"""A deadline: a fine-tuning that takes too long is ended, wherever it hangs, with the processes that it started."""

import signal
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

import psutil
from transformers import Trainer, TrainerCallback

from pytest_glue.core.errors import FineTuningError

_AGAIN_S = 5.0
"""After which the alarm rings again: user code may have caught the first, or it came where Python lets none through."""
_GRACE_S = 1.0
"""What a process has to end by itself."""


class _Reached(BaseException):
    """The deadline was reached; no `except Exception` of a user's code is to take it for its own."""


@contextmanager
def time_limit(trainer: Trainer, item: str, seed: int, limit_s: float | None) -> Iterator[None]:
    """End what happens meanwhile when it takes too long; child processes that it began are gone afterwards.

    In the main thread an alarm interrupts whatever runs there, also where it hangs; elsewhere the trainer's steps look
    at the clock.

    Args:
        trainer: of the item, whose training happens meanwhile.
        item: a name for the message.
        seed: of the run.
        limit_s: how long it may take; None for as long as it likes.

    Raises:
        FineTuningError: it took too long; the message says how far it was.
    """
    if limit_s is None:
        yield
        return
    children = _children()
    clock = _Clock(time.monotonic() + limit_s)
    trainer.add_callback(clock)
    try:
        with _alarm(limit_s):
            yield
    except _Reached as reached:
        _end(_children() - children, reached)
        raise FineTuningError(_message(trainer, item, seed, limit_s)) from None
    finally:
        trainer.remove_callback(clock)


class _Clock(TrainerCallback):
    """Looks at the clock after each step of a training and of an evaluation, where no alarm can ring."""

    def __init__(self, end: float) -> None:
        self._end = end

    def on_step_end(self, *_: Any, **__: Any) -> None:
        """Called by the trainer after each update."""
        self._look()

    def on_substep_end(self, *_: Any, **__: Any) -> None:
        """Called by the trainer after each batch that is a part of an update."""
        self._look()

    def on_prediction_step(self, *_: Any, **__: Any) -> None:
        """Called by the trainer after each batch of an evaluation."""
        self._look()

    def _look(self) -> None:
        if time.monotonic() >= self._end:
            raise _Reached


@contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    """Interrupt the main thread after so many seconds; an alarm that somebody else had set rings when it should.

    Where somebody else's is to ring first, there is none of ours: theirs most often ends the whole test.
    """
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return
    start = time.monotonic()
    theirs, interval = signal.getitimer(signal.ITIMER_REAL)
    if 0 < theirs <= seconds:
        yield
        return
    handler: Callable[[int, FrameType | None], Any] | int | None = signal.signal(signal.SIGALRM, _ring)
    signal.setitimer(signal.ITIMER_REAL, seconds, _AGAIN_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)
        if theirs:
            signal.setitimer(signal.ITIMER_REAL, max(theirs - (time.monotonic() - start), 1e-3), interval)


def _ring(_number: int, _frame: FrameType | None) -> None:
    raise _Reached


def _message(trainer: Trainer, item: str, seed: int, limit_s: float) -> str:
    state = trainer.state
    where = f"epoch {state.epoch or 0.0:.1f} of {state.num_train_epochs}, step {state.global_step} of {state.max_steps}"
    return (
        f"{item}, seed {seed}: the fine-tuning took longer than --glue-timeout={limit_s:g} and was ended at {where}; "
        "raise the limit, train less with --glue-max-train-samples or --glue-recipe num_train_epochs=N, or look for "
        "what hangs; with --glue-resume the next try goes on from the last epoch"
    )


def _children() -> set[psutil.Process]:
    return set(psutil.Process().children(recursive=True))


def _end(processes: set[psutil.Process], reached: BaseException) -> None:
    """End processes, by force where they do not listen; whoever waits for them in what was interrupted, lets go."""
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.terminate()
    traceback.clear_frames(reached.__traceback__)  # a DataLoader's iterator takes leave of its workers as it goes away
    _, deaf = psutil.wait_procs(processes, timeout=_GRACE_S)
    for process in deaf:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(deaf, timeout=_GRACE_S)
