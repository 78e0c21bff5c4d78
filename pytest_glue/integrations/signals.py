"""Handlers of signals around code of others that replaces them."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread
from types import FrameType
from typing import Any


@contextmanager
def kept_handlers(*numbers: int) -> Iterator[None]:
    """Restore the handlers of these signals after the block, also where native code has replaced them."""
    if current_thread() is not main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            if handler is not None:  # None: native code had set it before the block
                signal.signal(number, handler)


@contextmanager
def delayed_interrupts() -> Iterator[None]:
    """Delay SIGINT and SIGTERM until the block ends, and keep their handlers, which the block cannot replace.

    A signal without a handler in Python keeps its effect.
    """
    if current_thread() is not main_thread():
        yield
        return
    set_handler: Any = signal.signal
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    delayed = {number for number, handler in handlers.items() if callable(handler)}
    received: list[int] = []

    def delay(number: int, _: FrameType | None) -> None:
        received.append(number)

    def set_others(number: int, handler: Any) -> Any:
        return handlers[signal.Signals(number)] if number in delayed else set_handler(number, handler)

    with kept_handlers(*handlers):
        for each in delayed:
            set_handler(each, delay)
        setattr(signal, "signal", set_others)  # noqa: B010 - mypy: another type
        try:
            yield
        finally:
            setattr(signal, "signal", set_handler)  # noqa: B010
    for number in received:
        signal.raise_signal(number)
