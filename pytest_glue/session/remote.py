"""An errand, done in a worker of Ray: a test session of its items, whose evaluations end with their runs.

The item's fixtures are pytest's and the user's own, so it takes a session to make them. The verdict is left to the
controller, which knows the whole of the item.
"""

from __future__ import annotations

import io
import os
import socket
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_glue.core.paths import register_relocated
from pytest_glue.execution.executor import RunFailure, RunRequest, RunResult, RunResults
from pytest_glue.execution.file_transfer import FileArchive, unpack
from pytest_glue.progress.log import ProgressListener

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_glue.config.options import Options
    from pytest_glue.core.checkpoints import Checkpoint
    from pytest_glue.core.tasks import Task
    from pytest_glue.progress.events import ItemProgress

OPTIONS = "glue_options"
"""Where a session finds, among what its worker was given, the options of each of the controller's tests."""

_COPIES_DIR = ".pytest-glue"
"""The folder in a copy of the root that holds other folders' copies; Ray removes it with the rest."""

_SHOWN = 4000
"""How many of the last letters of a session's output an error shows."""

_STARTED_IN = Path.cwd()
"""The folder that Ray started this process in: a copy of the root, where one was shipped."""


@dataclass(frozen=True, slots=True)
class SessionSpec:
    """What all errands of a test run have in common: how it was started, and what it asks for."""

    __test__ = False

    root: Path
    """The controller's."""
    directory: Path
    """Where the controller was started, as seen from the root."""
    arguments: tuple[str, ...]
    configuration: Path | None
    """The file of pytest's own configuration, as seen from the root."""
    options: Mapping[str, Options]
    """By the node id of items and of the functions they come from."""
    is_shipped: bool
    """Whether workers have the root as a copy that they were started in."""
    board: Any
    """The handle of a `ProgressActor`, which is told what errands are at."""
    archives: tuple[FileArchive, ...]
    """Checkpoints and data that workers may not find where the controller has them."""


def execute_request(spec: SessionSpec, request: RunRequest) -> RunResults:
    """Do an errand in this process.

    Args:
        spec: what the controller was started with.
        request: of one item, or of several.
    """
    import ray

    root = _STARTED_IN if spec.is_shipped else spec.root
    worker = _Worker(spec, request)
    register_relocated({archive.name: unpack(archive, ray.get, root / _COPIES_DIR) for archive in spec.archives})
    os.chdir(root / spec.directory)
    output = io.StringIO()
    try:
        with redirect_stdout(output):
            pytest.main(_arguments(spec, root), plugins=[worker])
    finally:
        _free_memory()
    missing = worker.error or RunFailure(f"the item was not found there:\n{output.getvalue()[-_SHOWN:]}")
    return {nodeid: worker.results.get(nodeid, missing) for nodeid in request.nodeids}


def _arguments(spec: SessionSpec, root: Path) -> list[str]:
    """Return the controller's arguments, its root replaced by this machine's."""
    given = [argument.replace(str(spec.root), str(root)) for argument in spec.arguments]
    configuration = ["-c", str(root / spec.configuration)] if spec.configuration else []
    return [*given, f"--rootdir={root}", *configuration]


class _Worker:
    """A plugin of the session: of all that is collected it runs the errand's items, and takes their runs."""

    def __init__(self, spec: SessionSpec, request: RunRequest) -> None:
        self._session_spec = spec
        self._request = request
        self.results: dict[str, RunResult | RunFailure] = {}
        self.error: RunFailure | None = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_cmdline_main(self, config: Any) -> None:
        """Called before anything is configured: reports and caches are the controller's, as under xdist."""
        config.workerinput = {
            "workerid": "ray",
            "workercount": 1,
            "mainargv": ["pytest", *self._session_spec.arguments],
            OPTIONS: self._session_spec.options,
            "glue_worker": f"{socket.gethostname()}:{os.getpid()}",
            "glue_seeds": self._request.seeds,
            "glue_progress": _RemoteProgressListener(self._session_spec.board, self._request),
        }
        config.workeroutput = {}
        config.pluginmanager.register(_EvaluationOverride(self, self._request))
        for name, value in (("numprocesses", None), ("dist", "no"), ("usepdb", False), ("maxfail", 0)):
            setattr(config.option, name, value)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Called after collection."""
        items[:] = [item for item in items if item.nodeid in self._request.nodeids]

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Called for each file that is collected."""
        if report.failed and self.error is None:
            self.error = RunFailure(report.longreprtext)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Called for each phase of the item."""
        if report.failed:
            self.results.setdefault(report.nodeid, RunFailure(report.longreprtext))


class _RemoteProgressListener(ProgressListener):
    """Forwards the progress of this session's items to the controller, as progress of the request."""

    def __init__(self, board: Any, request: RunRequest) -> None:
        self._board = board
        self._request = request

    def on_progress(self, *items: ItemProgress) -> None:
        for item in items:
            self._board.on_progress.remote(replace(item, item=self._request.name))


class _EvaluationOverride:
    """A plugin behind all others, so that its fixture takes the place of this package's."""

    def __init__(self, worker: _Worker, request: RunRequest) -> None:
        self._worker = worker
        self._request = request

    @pytest.fixture
    def glue_evaluation(
        self, request: pytest.FixtureRequest, glue_options: Options, glue_task: Task, glue_checkpoint: Checkpoint
    ) -> None:
        """Make the errand's runs, and no evaluation of them."""
        from pytest_glue.gate.from_options import criteria_of
        from pytest_glue.session.run_sources import runs_of

        runs = runs_of(request, glue_options, glue_task, glue_checkpoint)
        target_score = None
        if glue_options.stop_when_decided and not self._request.whole:
            criteria = criteria_of(glue_options, glue_task, glue_checkpoint, glue_checkpoint.label, 1)
            target_score = criteria.target_score(runs.conditions.references)
        made = tuple(runs.run(seed, target_score=target_score) for seed in self._request.seeds)
        notes = (*runs.conditions.notes, *runs.notes)
        self._worker.results[request.node.nodeid] = RunResult(made, runs.conditions, notes)
        pytest.skip("its runs are made; the controller judges them")


def _free_memory() -> None:
    """Leave the device to whatever this process does next."""
    import gc

    from pytest_glue.training.trainer.device_memory import free_memory

    gc.collect()
    free_memory()
