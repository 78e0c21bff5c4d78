"""Progress: what is shown while items run, past pytest's capture."""

import time
from collections.abc import Mapping
from threading import RLock
from typing import NamedTuple, Protocol

import pytest

from pytest_glue.progress.events import ItemProgress
from pytest_glue.progress.lines import ProgressSnapshot, due, live_lines, running_line, summary_line
from pytest_glue.progress.live_region import LiveRegion, is_live, uncaptured

INTERVAL_S = 60.0
"""How far a log's lines about an item are apart."""
_REDRAWN_S = 0.2
"""How far apart a terminal is drawn anew: a cluster's items tell of themselves many times a second."""


def show(config: pytest.Config, line: str) -> None:
    """Show a line on the terminal; a worker of xdist has none, and shows nothing."""
    terminal = config.pluginmanager.get_plugin("terminalreporter")
    if terminal is None or hasattr(config, "workerinput"):
        return
    writer = config.get_terminal_writer()
    with uncaptured(config):
        terminal.ensure_newline()
        if writer.width_of_current_line:  # of dots without a file's name, which xdist's items are
            writer.line()
        terminal.write_line(line)
        terminal.flush()


class ProgressListener(Protocol):
    """Who hears of a test run's items while they run: what shows them, or what passes it on to another process."""

    def expect(self, costs: Mapping[str, float]) -> None:
        """Hear which items there are, by node id, and what each is expected to cost, in any unit."""
        ...

    def on_progress(self, *those: ItemProgress) -> None:
        """Hear what items are at that run."""
        ...

    def finish(self, item: str) -> None:
        """Hear that an item, or any other test, has ended."""
        ...

    def close(self) -> None:
        """Hear no more."""
        ...


class ProgressView(Protocol):
    """A place where progress can be seen."""

    def on_progress(self, running: ItemProgress, overview: ProgressSnapshot) -> None:
        """Hear of an item that runs, and of all of them."""
        ...

    def forget(self, overview: ProgressSnapshot) -> None:
        """Hear that an item has ended."""
        ...

    def close(self) -> None:
        """Leave the terminal as it would be without it."""
        ...


class Progress:
    """What a test run knows of its items while they run, and shows."""

    def __init__(self, view: ProgressView | None) -> None:
        """Take where it is shown; None for nowhere."""
        self._view = view
        self._lock = RLock()  # a thread tells of xdist's workers
        self._costs: Mapping[str, float] = {}
        self._finished: set[str] = set()
        self._running: dict[str, ItemProgress] = {}
        self._told: set[str] = set()
        self._start: float | None = None

    @classmethod
    def of(cls, config: pytest.Config) -> "Progress":
        """Return a test run's progress: live lines on a terminal, a line now and then in a log, nothing with -q."""
        if config.get_verbosity() < 0 or not config.pluginmanager.has_plugin("terminalreporter"):
            return cls(None)
        return cls(Live(config) if is_live(config) else Log(config))

    def expect(self, costs: Mapping[str, float]) -> None:
        """See `ProgressListener`."""
        with self._lock:
            self._costs = dict(costs)

    def on_progress(self, *those: ItemProgress) -> None:
        """See `ProgressListener`."""
        with self._lock:
            those = tuple(running for running in those if running.item not in self._finished)
            for running in those:
                self._hear(running)
            if self._view is not None:
                overview = self._overview()
                for running in those:
                    self._view.on_progress(running, overview)

    def finish(self, item: str) -> None:
        """See `ProgressListener`."""
        with self._lock:
            self._finished.add(item)  # also where the items are not known yet: a worker's letter comes late
            if self._running.pop(item, None) is not None and self._view is not None:
                self._view.forget(self._overview())

    def close(self) -> None:
        """See `ProgressListener`."""
        with self._lock:
            view, self._view = self._view, None
            if view is not None:
                view.close()

    def _hear(self, running: ItemProgress) -> None:
        if self._start is None and running.moment.steps:  # to import libraries is paid once: it is no pace
            self._start = time.monotonic()
        self._told.add(running.item)
        self._running[running.item] = running

    def _overview(self) -> ProgressSnapshot:
        known = [each for each in self._running.values() if each.item in self._costs]
        running = sorted(known, key=lambda each: (each.where, each.item))
        elapsed = 0.0 if self._start is None else time.monotonic() - self._start
        finished = frozenset(self._finished.intersection(self._costs))
        return ProgressSnapshot(self._costs, finished, finished & self._told, tuple(running), elapsed)


class _Said(NamedTuple):
    """When a log's last line about an item was written, and when the epoch began that it was in."""

    line: float
    epoch: float
    epochs: int


class Live:
    """A line for each item that runs, on a terminal, in place."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._screen: LiveRegion | None = None
        self._drawn = 0.0

    def on_progress(self, running: ItemProgress, overview: ProgressSnapshot) -> None:  # noqa: ARG002 - the protocol
        """See `ProgressView`."""
        now = time.monotonic()
        if now - self._drawn >= _REDRAWN_S:
            self._drawn = now
            self._draw(overview)

    def forget(self, overview: ProgressSnapshot) -> None:
        """See `ProgressView`: others may still run, and the next one is shown at once."""
        self._drawn = 0.0
        if overview.running:
            self._draw(overview)
        elif self._screen is not None:
            self._screen.erase()

    def close(self) -> None:
        """See `ProgressView`."""
        if self._screen is not None:
            self._screen.close()

    def _draw(self, overview: ProgressSnapshot) -> None:
        if self._screen is None:
            self._screen = LiveRegion(self._config)
        size = self._screen.size
        self._screen.draw(live_lines(overview, size.columns - 1, size.lines - 2))


class Log:
    """A line now and then for each item that runs long, where lines cannot be taken back."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._said: dict[str, _Said] = {}

    def on_progress(self, running: ItemProgress, overview: ProgressSnapshot) -> None:
        """See `ProgressView`."""
        now, epochs = time.monotonic(), int(running.moment.epoch)
        said = self._said.get(running.item, _Said(now, now, epochs))
        ended = epochs > said.epochs
        is_due = due(now - said.line, now - said.epoch, INTERVAL_S, ended_epoch=ended)
        self._said[running.item] = _Said(
            now if is_due else said.line, said.epoch if epochs == said.epochs else now, epochs
        )
        if is_due:
            show(self._config, f"glue: {running_line(running)}; {summary_line(overview)}")

    def forget(self, overview: ProgressSnapshot) -> None:
        """See `ProgressView`: pytest says that it has ended."""

    def close(self) -> None:
        """See `ProgressView`."""
