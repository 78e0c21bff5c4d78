"""SIGTERM interrupts a test run like Ctrl-C, once, and only while glue items run."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from threading import Event, Thread
from types import FrameType, SimpleNamespace
from typing import Any

import pytest

from pytest_glue.core.checkpoints import Checkpoint
from pytest_glue.session import termination as module
from pytest_glue.session.termination import Termination
from pytest_glue.training.pretrained import resolve

GLUE, OTHER = SimpleNamespace(fixturenames=["glue_trainer"]), SimpleNamespace(fixturenames=["tmp_path"])


@pytest.fixture(autouse=True)
def _default() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def collected(*items: Any, **config: Any) -> Termination:
    """Return the plugin object after the collection of these items."""
    option, manager = SimpleNamespace(fulltrace=False), SimpleNamespace(get_plugin=lambda _: None)
    options = {"option": option, "getoption": lambda name, default: getattr(option, name, default)}
    termination = Termination(SimpleNamespace(pluginmanager=manager, **options, **config))  # type: ignore[arg-type]
    termination.pytest_collection_finish(SimpleNamespace(items=items))  # type: ignore[arg-type]
    return termination


def interrupt(depth: int = 1) -> pytest.ExceptionInfo[KeyboardInterrupt]:
    """Return an interrupt that was raised so many calls below this one, while another error was handled."""

    def fail(left: int) -> None:
        if left:
            fail(left - 1)
        try:
            raise KeyError
        except KeyError:
            raise KeyboardInterrupt  # noqa: B904 - as a signal does

    with pytest.raises(KeyboardInterrupt) as raised:
        fail(depth)
    return raised


def own(number: int, _: FrameType | None) -> None:
    """Stand for a handler of the user's code."""


def test_sigterm_interrupts() -> None:
    """It is a keyboard interrupt that names the signal; the default is restored at the end."""
    termination = collected(OTHER, GLUE)
    with pytest.raises(KeyboardInterrupt, match="SIGTERM"):
        os.kill(os.getpid(), signal.SIGTERM)
    termination.pytest_unconfigure()
    assert signal.SIG_DFL is signal.getsignal(signal.SIGTERM)


def test_a_second_signal_does_not_disturb_the_end() -> None:
    """Neither one that follows at once, nor one while reports are written and folders removed."""
    termination = collected(GLUE)
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGTERM)
    os.kill(os.getpid(), signal.SIGTERM)
    collected(GLUE)
    termination.pytest_unconfigure()

    termination = collected(GLUE)
    termination.pytest_sessionfinish()
    os.kill(os.getpid(), signal.SIGTERM)


def test_a_lost_interrupt_is_raised_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """User code may catch the interrupt, or Python in a destructor; once the session ends there is no other."""
    monkeypatch.setattr(module, "_AGAIN_S", 0.2)
    monkeypatch.setattr(module, "_SAME_S", 0.1)
    termination = collected(GLUE)
    caught = 0
    while caught < 3:
        try:
            if not caught:
                os.kill(os.getpid(), signal.SIGTERM)
            Event().wait(60)
        except KeyboardInterrupt:
            caught += 1
    termination.pytest_keyboard_interrupt(interrupt())
    assert termination._again
    termination._again.join()


def test_a_lost_interrupt_is_no_error_of_the_item() -> None:
    """Code that catches the interrupt may raise another error, or none: the test run ends with the item."""
    termination = collected(GLUE)
    termination.pytest_runtest_makereport()
    with suppress(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt, match="SIGTERM"):
        termination.pytest_runtest_makereport()
    termination.pytest_keyboard_interrupt(interrupt())
    termination.pytest_runtest_makereport()  # of what is torn down


def test_ctrl_c_at_the_end() -> None:
    """All items have ended, so that one Ctrl-C interrupts nothing; a second one does, and one after an interrupt."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    termination = collected(GLUE)
    termination.pytest_sessionfinish()
    os.kill(os.getpid(), signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGINT)

    termination = collected(GLUE)
    termination.pytest_sessionfinish()
    termination.pytest_unconfigure()
    assert signal.default_int_handler is signal.getsignal(signal.SIGINT)

    termination = collected(GLUE)
    termination.pytest_keyboard_interrupt(interrupt())
    termination.pytest_sessionfinish()
    assert signal.default_int_handler is signal.getsignal(signal.SIGINT)


@pytest.mark.parametrize(
    "end",
    [lambda termination: termination.pytest_keyboard_interrupt(interrupt()), Termination.pytest_unconfigure],
    ids=["interrupt", "end"],
)
def test_the_sample_is_removed_first(end: Callable[[Termination], None]) -> None:
    """A process that is killed while it ends, or after pytest has ended, leaves no files of the sample."""
    sample = Checkpoint.parse("sample")
    before = resolve(sample).folder
    end(collected(GLUE))
    assert not before.exists()
    assert resolve(sample).folder.is_dir()


def test_a_worker_that_ends_ignores_ctrl_c() -> None:
    """Execnet sends SIGINT to a worker that does not end at once; its folders are being removed then."""
    collected(GLUE, workerinput={}).pytest_keyboard_interrupt(interrupt())
    assert signal.SIG_IGN is signal.getsignal(signal.SIGINT)


def test_only_the_innermost_frame_is_formatted() -> None:
    """Pytest would parse the sources of all frames, for a line that shows the last; not so with --full-trace."""
    raised, termination = interrupt(depth=80), collected(GLUE)
    innermost, n_frames = vars(raised.getrepr().reprcrash), len(raised.traceback)
    termination.pytest_keyboard_interrupt(raised)
    shown = raised.getrepr(funcargs=True)
    assert (innermost, 1) == (vars(shown.reprcrash), len(shown.chain))  # type: ignore[union-attr]
    assert 1 == len(raised.traceback) < 80 < n_frames

    raised = interrupt(depth=80)
    termination._config.option.fulltrace = True
    termination.pytest_keyboard_interrupt(raised)
    assert n_frames == len(raised.traceback)


def test_a_test_run_without_glue_items() -> None:
    """Other tests keep what SIGTERM does to them."""
    collected(OTHER)
    assert signal.SIG_DFL is signal.getsignal(signal.SIGTERM)


def test_a_handler_of_the_user() -> None:
    """A handler that the user's code has set is neither replaced nor, at the end, removed."""
    signal.signal(signal.SIGTERM, own)
    collected(GLUE).pytest_unconfigure()
    assert own is signal.getsignal(signal.SIGTERM)

    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    termination = collected(GLUE)
    signal.signal(signal.SIGTERM, own)  # such as a fixture of the user
    termination.pytest_unconfigure()
    assert own is signal.getsignal(signal.SIGTERM)


def test_another_thread() -> None:
    """Only the main thread can set a handler."""
    thread = Thread(target=lambda: collected(GLUE))
    thread.start()
    thread.join()
    assert signal.SIG_DFL is signal.getsignal(signal.SIGTERM)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_a_child_process_dies_of_sigterm() -> None:
    """A child that inherits the handler ends by the signal, as `Process.terminate` expects."""
    collected(GLUE)
    if (child := os.fork()) == 0:
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        finally:
            os._exit(1)
    assert signal.SIGTERM == os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) * -1
