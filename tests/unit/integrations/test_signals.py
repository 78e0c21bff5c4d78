"""Interrupts are delayed while a block runs, and handlers are as before afterwards."""

import os
import signal
from collections.abc import Iterator
from threading import Thread
from types import FrameType

import pytest

from pytest_glue.integrations.signals import delayed_interrupts, kept_handlers

received: list[int] = []


def receive(number: int, _: FrameType | None) -> None:
    """Note a signal."""
    received.append(number)


def other(number: int, _: FrameType | None) -> None:
    """Stand for a handler of Ray, which ends the process."""
    raise SystemExit(number)


@pytest.fixture(autouse=True)
def _handlers() -> Iterator[None]:
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1)
    before = {number: signal.signal(number, receive) for number in numbers}
    received.clear()
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_waits_for_the_end_of_the_block(number: signal.Signals) -> None:
    """The block is not interrupted; the handler that was set before it gets the signal after it."""
    with delayed_interrupts():
        signal.signal(number, other)  # as Ray does
        os.kill(os.getpid(), number)
        assert [] == received
    assert [number] == received
    assert receive is signal.getsignal(number)


def test_the_default_stays() -> None:
    """A signal without a handler in Python has none afterwards, though the block has set one."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    with delayed_interrupts():
        signal.signal(signal.SIGTERM, other)
    assert signal.SIG_DFL is signal.getsignal(signal.SIGTERM)


def test_other_signals_can_be_handled_in_the_block() -> None:
    """Only the handlers of the delayed signals are kept, also after an error."""

    def fail() -> None:
        with delayed_interrupts():
            signal.signal(signal.SIGUSR1, other)
            raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        fail()
    assert (other, receive) == (signal.getsignal(signal.SIGUSR1), signal.getsignal(signal.SIGINT))


def test_kept_handlers() -> None:
    """A handler that the block replaces is restored."""
    with kept_handlers(signal.SIGUSR1):
        signal.signal(signal.SIGUSR1, other)
    assert receive is signal.getsignal(signal.SIGUSR1)


def test_another_thread_changes_no_handler() -> None:
    """Outside the main thread, Python cannot set handlers, and nothing is delayed."""

    def body() -> None:
        with delayed_interrupts(), kept_handlers(signal.SIGUSR1):
            signal.raise_signal(signal.SIGTERM)

    thread = Thread(target=body)
    thread.start()
    thread.join()
    assert receive is signal.getsignal(signal.SIGTERM)
