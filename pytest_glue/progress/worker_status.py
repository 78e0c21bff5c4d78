"""Progress of xdist workers, through a status file for each worker: xdist itself sends finished reports only."""

import json
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from tempfile import gettempdir
from threading import Event, Thread
from typing import Any

from pytest_glue.core.paths import replace_file
from pytest_glue.progress.events import ItemProgress
from pytest_glue.progress.log import ProgressListener

INTERVAL_S = 1.0
"""Time between two reads by the controller."""


def status_folder(workerinput: Mapping[str, Any]) -> Path:
    """Return the folder that the controller and the workers of a test run share."""
    return Path(gettempdir()) / f"pytest-glue-progress-{workerinput['testrunuid']}"


class StatusFileWriter(ProgressListener):
    """Writes a worker's status. It ignores errors: progress must not fail a test."""

    def __init__(self, folder: Path, worker: str) -> None:
        self._file = folder / f"{worker}.json"
        self._costs: dict[str, float] = {}

    def expect(self, costs: Mapping[str, float]) -> None:
        """Create the folder if there are items; the controller reads it if it exists."""
        self._costs = dict(costs)
        with suppress(OSError):
            if costs:
                self._file.parent.mkdir(mode=0o700, exist_ok=True)
        self.on_progress()

    def on_progress(self, *items: ItemProgress) -> None:
        status = {"costs": self._costs, "running": [asdict(item) for item in items]}
        if self._file.parent.is_dir():  # the controller deletes it when it stops reading
            with suppress(OSError):
                replace_file(self._file, json.dumps(status))

    def close(self) -> None:
        """Delete the file, and the folder if no other worker has a file there."""
        with suppress(OSError):
            self._file.unlink(missing_ok=True)
            self._file.parent.rmdir()


class StatusFileReader(Thread):
    """Passes the status of all workers to a listener, from a thread: xdist calls no hook while it waits."""

    def __init__(self, folder: Path, listener: ProgressListener) -> None:
        super().__init__(name="pytest-glue-progress", daemon=True)
        self._folder, self._listener, self._is_closed = folder, listener, Event()

    def run(self) -> None:
        while not self._is_closed.wait(INTERVAL_S):
            self.read()

    def read(self) -> None:
        """Pass the present status on; skip files that cannot be read."""
        running: list[ItemProgress] = []
        for file in sorted(self._folder.glob("*.json")):
            with suppress(OSError, ValueError, KeyError, TypeError):
                status = json.loads(file.read_text("utf-8"))
                self._listener.expect(status["costs"])
                running += [ItemProgress(**each) for each in status["running"]]
        self._listener.on_progress(*running)

    def close(self) -> None:
        self._is_closed.set()
        self.join()
        shutil.rmtree(self._folder, ignore_errors=True)
