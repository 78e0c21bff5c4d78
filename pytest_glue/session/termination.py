"""Ends a test run on SIGTERM as on Ctrl-C: with its reports, and without its processes and temporary folders.

Both name the items that were running.
"""

from __future__ import annotations

import math
import os
import signal
import sys
import time
from contextlib import suppress
from threading import Timer, current_thread, main_thread
from typing import TYPE_CHECKING, Any

import pytest

from pytest_glue.progress.log import show

if TYPE_CHECKING:
    import subprocess
    from types import FrameType

NAME = "glue-termination"
_SAME_S = 1.0
"""A second signal within this time is the same request: CI systems send one to the process and one to its group."""
_AGAIN_S = 5.0
"""Time until the interrupt is raised again, in case it got lost: user code may catch it, or Python in a destructor."""


def handle_sigterm(config: pytest.Config) -> None:
    """Handle SIGTERM from now on, if the session has started; called on xdist's controller, which collects nothing."""
    if (termination := config.pluginmanager.get_plugin(NAME)) is not None:
        assert isinstance(termination, Termination)
        termination.set_handler()


class Termination:
    """A plugin object that `start_session` registers: handles SIGTERM while glue items run, and shows what ran."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._pid: int | None = None
        self._received = -math.inf
        self._again: Timer | None = None
        self._is_ending = False
        self._running: dict[str, None] = {}
        """The node ids of the running tests, the first first; on xdist's controller those of all workers."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Set the handler before anything has to be cleaned up, if there are glue items."""
        if any(name.startswith("glue_") for item in session.items for name in getattr(item, "fixturenames", ())):
            self.set_handler()

    def set_handler(self) -> None:
        """Handle SIGTERM, unless the user's code does, or this is not the main thread."""
        if current_thread() is main_thread() and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
            signal.signal(signal.SIGTERM, self._on_sigterm)
            self._pid = os.getpid()

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._running[nodeid] = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self) -> None:
        """Raise an interrupt that got lost, before it is an error of the item: `ast` makes a `SystemError` of it."""
        if self._received > -math.inf and not self._is_ending:
            raise KeyboardInterrupt("SIGTERM")

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        self._running.pop(nodeid, None)

    @pytest.hookimpl(tryfirst=True)
    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """End xdist's workers at once, which would go on for seconds; a worker itself is no longer interrupted.

        The end can take long on a busy machine, and xdist and CI systems kill after ten seconds what is left: files
        that need no order go first.
        """
        self._end()
        _remove_sample()
        if not self._config.getoption("fulltrace", default=False):
            _shorten(excinfo)
        if self._running:
            show(self._config, f"glue: interrupted while {', '.join(self._running)} ran")
        if hasattr(self._config, "workerinput"):
            if self._pid is not None:
                signal.signal(signal.SIGINT, signal.SIG_IGN)  # execnet sends it to a worker that does not end at once
        else:
            for worker in _workers(self._config):
                with suppress(OSError):
                    worker.terminate()

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        """Ignore the first Ctrl-C from now on, if there was none before: all items have ended, cleaning up is left."""
        is_default = signal.getsignal(signal.SIGINT) is signal.default_int_handler
        if self._pid is not None and not self._is_ending and is_default:
            signal.signal(signal.SIGINT, _restore_default)
        self._end()

    def pytest_unconfigure(self) -> None:
        """Restore the default, unless the user's code has set another handler since.

        From then on a signal ends the process at once, without what it would do at its exit.
        """
        self._end()
        if self._pid is not None and signal.getsignal(signal.SIGTERM) == self._on_sigterm:
            _remove_sample()
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
        if signal.getsignal(signal.SIGINT) is _restore_default:
            signal.signal(signal.SIGINT, signal.default_int_handler)

    def _end(self) -> None:
        """Ignore further signals: the reports are written now, and the folders removed."""
        self._is_ending = True
        if self._again is not None:
            self._again.cancel()

    def _on_sigterm(self, number: int, _: FrameType | None) -> None:
        if os.getpid() != self._pid:  # a child process that inherited the handler
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        is_first = time.monotonic() - self._received >= _SAME_S
        if is_first and not self._is_ending:
            self._received = time.monotonic()
            self._again = Timer(_AGAIN_S, os.kill, (self._pid, number))
            self._again.daemon = True
            self._again.start()
            raise KeyboardInterrupt("SIGTERM")


def _restore_default(number: int, _: FrameType | None) -> None:
    """Handle SIGINT by nothing but this: the next one raises `KeyboardInterrupt` again."""
    signal.signal(number, signal.default_int_handler)


def _remove_sample() -> None:
    if (pretrained := sys.modules.get("pytest_glue.training.pretrained")) is not None:
        pretrained.remove_sample()


def _shorten(excinfo: pytest.ExceptionInfo[BaseException]) -> None:
    """Leave the innermost frame of an interrupt, which is all that pytest shows of it.

    Pytest parses the source files of all frames. Inside the import of torch these are 80, which takes seconds.
    """
    excinfo.traceback = excinfo.traceback[-1:]
    excinfo.value.__suppress_context__ = True


def _workers(config: pytest.Config) -> list[subprocess.Popen[bytes]]:
    """Return xdist's workers on this machine; xdist has no public way to signal them."""
    controller: Any = config.pluginmanager.get_plugin("dsession")
    gateways = getattr(getattr(controller, "nodemanager", None), "group", ())
    found = (getattr(getattr(gateway, "_io", None), "popen", None) for gateway in gateways)
    return [worker for worker in found if worker is not None]
