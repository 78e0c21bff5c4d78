"""Letters: how xdist's workers tell the controller, while they run items, what these are at.

xdist carries what an item found when it has ended. Until then each worker keeps one small file up to date, in a folder
of the test run's own that goes away with it; the controller looks there once a second.
"""

import json
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import gettempdir
from threading import Event, Thread
from typing import Any, Self

from pytest_glue.core.paths import replace_file
from pytest_glue.progress.events import ItemProgress
from pytest_glue.progress.tracker import Progress

INTERVAL_S = 1.0
"""How often the controller looks."""


def folder_of(workerinput: Mapping[str, Any]) -> Path:
    """Return the folder of a test run's letters, which its controller and its workers on the same machine know."""
    return Path(gettempdir()) / f"pytest-glue-progress-{workerinput['testrunuid']}"


@dataclass(frozen=True, slots=True)
class WorkerStatus:
    """What a worker tells."""

    costs: Mapping[str, float]
    """Of all items, by node id, which every worker knows."""
    item_progress: ItemProgress | None
    """The item that it is at."""

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return {"costs": dict(self.costs), "running": self.item_progress and self.item_progress.to_dict()}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Inverse of `to_dict`, also after a journey through JSON."""
        return cls(dict(data["costs"]), ItemProgress.from_dict(data["running"]) if data["running"] else None)


class StatusFileWriter:
    """A worker's progress: one letter, which it replaces."""

    def __init__(self, folder: Path, worker: str) -> None:
        """Take where the letter is.

        Args:
            folder: of the test run.
            worker: its name.
        """
        self._file = folder / f"{worker}.json"
        self._costs: Mapping[str, float] = {}

    def expect(self, costs: Mapping[str, float]) -> None:
        """Make the folder if there are items: its existence tells the controller so."""
        self._costs = dict(costs)
        if self._costs:
            with suppress(OSError):
                self._file.parent.mkdir(mode=0o700, exist_ok=True)
            self._write(None)

    def on_progress(self, *those: ItemProgress) -> None:
        """See `ProgressListener`; a worker is at one item."""
        for item_progress in those:
            self._write(item_progress)

    def finish(self, item: str) -> None:
        """See `ProgressListener`."""
        if item in self._costs:
            self._write(None)

    def close(self) -> None:
        """See `ProgressListener`; the last worker takes the folder away, where no controller did."""
        with suppress(OSError):
            self._file.unlink(missing_ok=True)
            self._file.parent.rmdir()

    def _write(self, item_progress: ItemProgress | None) -> None:
        if self._file.parent.is_dir():  # else nobody reads it, or not any more
            with suppress(OSError):
                replace_file(self._file, json.dumps(WorkerStatus(self._costs, item_progress).to_dict()))


class StatusFileReader:
    """The controller's look at its workers' letters, in a thread: xdist's own loop tells nobody of the time."""

    def __init__(self, folder: Path, progress: Progress) -> None:
        """Take what is read, and who is told; reading begins at once."""
        self._folder = folder
        self._progress = progress
        self._end = Event()
        self._thread = Thread(target=self._read_on, name="pytest-glue-progress", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Read no more, and take the folder away."""
        self._end.set()
        self._thread.join()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _read_on(self) -> None:
        while not self._end.wait(INTERVAL_S):
            statuses = read_statuses(self._folder)
            for status in statuses:
                self._progress.expect(status.costs)
            self._progress.on_progress(*(status.item_progress for status in statuses if status.item_progress))


def read_statuses(folder: Path) -> list[WorkerStatus]:
    """Return what the workers tell, in the order of their names; what cannot be read is left out."""
    statuses = []
    for file in sorted(folder.glob("*.json")):
        with suppress(OSError, ValueError, KeyError, TypeError):
            statuses.append(WorkerStatus.from_dict(json.loads(file.read_text("utf-8"))))
    return statuses
