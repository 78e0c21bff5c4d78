"""Ctrl-C is neither lost nor let through where it must wait."""

import signal
from collections.abc import Iterator
from contextlib import suppress
from threading import Thread

import pytest

from pytest_glue.interrupts import interrupted_later, interrupts_noted


@pytest.fixture(autouse=True)
def usual_handler() -> Iterator[None]:
    """Python's own, whatever runs these tests; and it is back in its place afterwards."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    now = signal.signal(signal.SIGINT, before)
    assert now in {signal.default_int_handler, signal.SIG_IGN}


def test_an_interrupt_waits_for_the_end() -> None:
    """What must not be cut short is whole before the error is raised."""
    done = []

    def interrupted() -> None:
        with interrupted_later():
            signal.raise_signal(signal.SIGINT)
            done.append("all of it")

    with pytest.raises(KeyboardInterrupt):
        interrupted()

    assert ["all of it"] == done


def test_no_interrupt_is_raised_where_none_came() -> None:
    """Neither while it is asked for nor at the end."""
    with interrupted_later(), interrupts_noted() as raise_again:
        raise_again()


def test_an_interrupt_that_was_swallowed_is_raised_again() -> None:
    """Once, where it is asked for."""
    with interrupts_noted() as raise_again:
        with suppress(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)

        with pytest.raises(KeyboardInterrupt):
            raise_again()
        raise_again()


def test_an_interrupt_is_raised_at_once_too() -> None:
    """As without."""
    with interrupts_noted(), pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_a_process_that_ignores_interrupts() -> None:
    """It goes on ignoring them."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    with interrupts_noted() as raise_again:
        signal.raise_signal(signal.SIGINT)
        raise_again()


def test_outside_the_main_thread() -> None:
    """Where signals are not handled, there is nothing to do."""
    ended = []

    def other_thread() -> None:
        with interrupted_later(), interrupts_noted() as raise_again:
            raise_again()
        ended.append("well")

    thread = Thread(target=other_thread)
    thread.start()
    thread.join()

    assert ["well"] == ended
