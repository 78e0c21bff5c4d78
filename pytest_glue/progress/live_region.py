"""The screen: lines below pytest's own output, redrawn in place."""

import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import RLock
from typing import Any

import pytest

_CLEAR_BELOW = "\x1b[J"
_CLEAR_REST = "\x1b[K"


@contextmanager
def uncaptured(config: pytest.Config) -> Iterator[None]:
    """Let what is written meanwhile reach the terminal, past pytest's capture."""
    capture = config.pluginmanager.get_plugin("capturemanager")
    if capture is None:
        yield
        return
    with capture.global_and_fixture_disabled():
        yield


def is_live(config: pytest.Config) -> bool:
    """Return whether there is a terminal on which nobody but pytest's own reporter writes."""
    terminal = config.pluginmanager.get_plugin("terminalreporter")
    if type(terminal) is not pytest.TerminalReporter:
        return False
    logs = config.getini("log_cli") or config.getoption("log_cli_level", None)
    shared = config.getoption("capture", "no") == "no" or logs
    dumb = os.environ.get("TERM", "dumb") == "dumb" or os.environ.get("CI") or sys.platform == "win32"
    return not shared and not dumb and bool(terminal.isatty())


class LiveRegion:
    """Lines below the one that pytest is at, until pytest writes on.

    The cursor rests where pytest left it, so that whatever is written next stands where it would stand without them.
    pytest's own writes erase the lines first; the lock keeps those of a thread and pytest's apart.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._writer = config.get_terminal_writer()
        self._lock = RLock()
        self._is_drawn = False
        self._write = self._writer.write
        vars(self._writer)["write"] = self._write_on

    def draw(self, lines: Sequence[str]) -> None:
        """Show lines, none wider than the terminal, in place of those of before."""
        with self._lock:
            columns = self.size.columns
            column = self._writer.width_of_current_line
            # A line that ends at the edge leaves the cursor in a place that no code brings it back to.
            if not lines or column < 0 or (column and not column % columns):
                self.erase()
                return
            below = "".join(f"\r\n{line}{_CLEAR_REST}" for line in lines)
            self._put(f"{below}{_CLEAR_BELOW}\x1b[{len(lines)}A\x1b[{column % columns + 1}G")
            self._is_drawn = True

    def erase(self) -> None:
        """Take the lines away."""
        with self._lock:
            if self._is_drawn:
                self._put(_CLEAR_BELOW)
                self._is_drawn = False

    def close(self) -> None:
        """Take the lines away, and leave the terminal to pytest."""
        with self._lock:
            self.erase()
            vars(self._writer).pop("write", None)

    @property
    def size(self) -> os.terminal_size:
        """The terminal's columns and lines as they are now."""
        with uncaptured(self._config):  # it is asked of what the process writes to
            return shutil.get_terminal_size()

    def _write_on(self, *args: Any, **kwargs: Any) -> None:
        with self._lock:
            self.erase()
            self._write(*args, **kwargs)

    def _put(self, text: str) -> None:
        with uncaptured(self._config):
            sys.stdout.write(text)
            sys.stdout.flush()
