"""Ctrl-C where it could do harm, or get lost."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread
from types import FrameType


@contextmanager
def interrupted_later() -> Iterator[None]:
    """Let Ctrl-C wait until the end of what must not be cut short."""
    if current_thread() is not main_thread():
        yield
        return
    came: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: came.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if came:
            raise KeyboardInterrupt


@contextmanager
def interrupts_noted() -> Iterator[Callable[[], None]]:
    """Give a function that raises `KeyboardInterrupt` where there was a Ctrl-C and yet the process goes on.

    Python raises the error wherever the main thread happens to be, and an `except:` of a library that is just being
    imported, a destructor or a function in C can swallow it.
    """
    before = signal.getsignal(signal.SIGINT)
    came: list[int] = []

    def raise_again() -> None:
        if came:
            came.clear()
            raise KeyboardInterrupt

    if current_thread() is not main_thread() or not callable(before):
        yield raise_again
        return
    usual = before

    def note(number: int, frame: FrameType | None) -> None:
        came.append(number)
        usual(number, frame)

    signal.signal(signal.SIGINT, note)
    try:
        yield raise_again
    finally:
        signal.signal(signal.SIGINT, before)
