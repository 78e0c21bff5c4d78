"""Log lines about running items, and about the test run as a whole."""

import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from threading import Lock

import pytest

from pytest_glue.core.formatting import printable, seconds
from pytest_glue.progress.events import ItemProgress

FIRST_LINE_S = 10.0
"""Time from the start of an item to its first line: shorter items have none."""
INTERVAL_S = 60.0
"""Time between further lines about the same item."""


def show(config: pytest.Config, line: str) -> None:
    """Write a line to the terminal, past pytest's capture; do nothing in a worker or without a terminal reporter."""
    terminal = config.pluginmanager.get_plugin("terminalreporter")
    if terminal is None or hasattr(config, "workerinput"):
        return
    capture = config.pluginmanager.get_plugin("capturemanager")
    with capture.global_and_fixture_disabled() if capture else nullcontext():
        terminal.ensure_newline()
        if config.get_terminal_writer().width_of_current_line:  # xdist's dots, which have no file name before them
            terminal.line("")
        terminal.write_line(printable(line))
        terminal.flush()


class ProgressListener:
    """Receives the progress of a test run. This base class ignores it."""

    def expect(self, costs: Mapping[str, float]) -> None:
        """Receive the expected cost of each item, in any unit, by node id."""

    def on_progress(self, *items: ItemProgress) -> None: ...

    def finish(self, item: str) -> None:
        """Receive the node id of a finished test, which need not be an item."""

    def close(self) -> None: ...


class ProgressLog(ProgressListener):
    """Writes a line about each running item at an interval."""

    def __init__(self, write: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._write, self._clock = write, clock
        self._lock = Lock()  # the states of xdist's workers arrive in a thread
        self._costs: Mapping[str, float] = {}
        self._running: dict[str, ItemProgress] = {}
        self._due_s: dict[str, float] = {}
        self._finished: set[str] = set()
        self._start_s: float | None = None

    def expect(self, costs: Mapping[str, float]) -> None:
        self._costs = costs

    def on_progress(self, *items: ItemProgress) -> None:
        with self._lock:
            running = {each.item: each for each in items if each.item not in self._finished}  # a late state is ignored
            self._running |= running
            now = self._clock()
            if self._start_s is None and any(each.share for each in items):  # importing libraries is not the pace
                self._start_s = now
            for each in running.values():
                if now >= self._due_s.setdefault(each.item, now + FIRST_LINE_S):
                    self._due_s[each.item] = now + INTERVAL_S
                    self._write(f"glue: {each.text}; {self._summary(now)}")

    def finish(self, item: str) -> None:
        with self._lock:
            self._finished.add(item)
            self._running.pop(item, None)

    def _summary(self, now: float) -> str:
        done = f"{len(self._finished & self._costs.keys())} of {len(self._costs)} items done"
        left_s = self._seconds_left(now)
        return done if left_s is None else f"{done}, about {seconds(left_s)} left in total"

    def _seconds_left(self, now: float) -> float | None:
        """Return the expected remaining time at the pace so far, for which cached items do not count."""
        unfinished = sum(cost for item, cost in self._costs.items() if item not in self._finished)
        partly = sum(self._costs.get(item, 0.0) * each.share for item, each in self._running.items())
        trained = sum(self._costs.get(item, 0.0) for item in self._finished & self._due_s.keys())
        if self._start_s is None or not partly + trained:
            return None
        at_this_pace = (now - self._start_s) / (partly + trained) * (unfinished - partly)
        return max([at_this_pace, *(each.left_s or 0.0 for each in self._running.values())])
