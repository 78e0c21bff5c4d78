"""Progress of a test run: a plugin object that owns the progress listener of its process."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from pytest_glue.progress.events import ItemProgress, ProgressCallback, TrainingProgress
from pytest_glue.progress.log import ProgressListener, ProgressLog, show
from pytest_glue.progress.worker_status import StatusFileReader, StatusFileWriter, status_folder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pytest

    from pytest_glue.core.study import OnTrial, Trial


NAME = "glue-progress"


class SessionProgress:
    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._worker: Any = getattr(config, "workerinput", {})
        self._reader: StatusFileReader | None = None
        self.listener = _listener(config, self._worker)

    def callback(self, item: pytest.Item, seeds: Sequence[int]) -> ProgressCallback:
        """Return the progress callback of an item whose runs have these seeds."""
        worker = self._worker.get("glue_worker", self._worker.get("workerid", ""))
        seeds = self._worker.get("glue_seeds", seeds)

        def on_progress(training: TrainingProgress) -> None:
            self.listener.on_progress(ItemProgress.of(item.nodeid, worker, seeds, training))

        return on_progress

    def on_trial(self, name: str, trials: int, on_progress: ProgressCallback) -> OnTrial:
        """Return a callback that shows a line for each finished trial of an item's search."""
        from pytest_glue.reports.search_lines import trial_line

        def on_trial(trial: Trial, best: float | None) -> None:
            if self._config.get_verbosity() >= 0:
                show(self._config, trial_line(name, trial, best, trials))
            on_progress(TrainingProgress(f"searching, {trial.number + 1} of {trials} trials done"))

        return on_trial

    def read_statuses(self, folder: Path) -> None:
        """Report the status of xdist's workers from now on; called on the controller for each worker."""
        if self._reader is None:
            self._reader = StatusFileReader(folder, self.listener)
            self._reader.start()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when not in {"setup", "call"}:  # "teardown", or xdist's report of a crashed worker
            self.listener.finish(report.nodeid)

    def pytest_unconfigure(self) -> None:
        if self._reader is not None:
            self._reader.close()
        self.listener.close()


def _listener(config: pytest.Config, worker: Any) -> ProgressListener:
    match worker:
        case {"glue_progress": ProgressListener() as listener}:
            return listener
        case {"testrunuid": _, "workerid": name}:
            return StatusFileWriter(status_folder(worker), name)
    return ProgressLog(partial(show, config)) if config.get_verbosity() >= 0 else ProgressListener()
