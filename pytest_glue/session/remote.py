"""Executes a run request in a Ray worker, as a nested pytest session limited to the requested items.

A nested session is needed because the items' fixtures are pytest's and the user's. The controller judges the runs.
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

from pytest_glue.config.evaluation_spec import EvaluationSpec
from pytest_glue.core.errors import ends_process
from pytest_glue.core.paths import register_relocated
from pytest_glue.execution.executor import RunFailure, RunRequest, RunResult, RunResults
from pytest_glue.execution.file_transfer import FileArchive, unpack
from pytest_glue.progress.log import ProgressListener
from pytest_glue.session.run_sources import runs_of
from pytest_glue.session.session import GIVEN_OPTIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_glue.config.options import Options
    from pytest_glue.core.checkpoints import Checkpoint
    from pytest_glue.core.tasks import Task
    from pytest_glue.progress.events import ItemProgress

_COPIES_DIR = ".pytest-glue"
"""The subfolder of the shipped root for copies of other folders; Ray removes it with the root."""

_SHOWN_CHARACTERS = 4000
"""How much of the end of a nested session's output an error shows."""

_STARTED_IN = Path.cwd()
"""Ray starts this process in the copy of the root, if one was shipped."""


@dataclass(frozen=True, slots=True)
class SessionSpec:
    """What all requests of a test run share: how the controller was started, and its options."""

    root: Path
    """Of the controller, as all paths here."""
    directory: Path
    """The folder that it was started in, relative to the root."""
    arguments: tuple[str, ...]
    configuration: Path | None
    """Pytest's configuration file, relative to the root."""
    options: Mapping[str, Options]
    """By the node ids of items and of their test functions."""
    is_shipped: bool
    """Whether Ray copied the root to the workers."""
    progress_actor: Any
    """The handle of the `ProgressActor`."""
    archives: tuple[FileArchive, ...]
    """The user's checkpoints and data, which workers may lack."""


def execute_request(spec: SessionSpec, request: RunRequest) -> RunResults:
    """Make the requested runs in this process, and return them by node id."""
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
    if worker.terminated is not None:
        raise worker.terminated
    missing = worker.error or RunFailure(f"the worker did not find the item:\n{output.getvalue()[-_SHOWN_CHARACTERS:]}")
    return {nodeid: worker.results.get(nodeid, missing) for nodeid in request.nodeids}


def _arguments(spec: SessionSpec, root: Path) -> list[str]:
    """Return the controller's arguments with this machine's root."""
    given = [argument.replace(str(spec.root), str(root)) for argument in spec.arguments]
    configuration = ["-c", str(root / spec.configuration)] if spec.configuration else []
    return [*given, f"--rootdir={root}", *configuration]


class _Worker:
    """A plugin of the nested session: limits it to the requested items and collects the results."""

    def __init__(self, spec: SessionSpec, request: RunRequest) -> None:
        self._session_spec = spec
        self._request = request
        self.results: dict[str, RunResult | RunFailure] = {}
        self.error: RunFailure | None = None
        self.terminated: SystemExit | None = None
        """What Ray raises when this process gets SIGTERM: no error of an item, but the end of the process."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_cmdline_main(self, config: Any) -> None:
        """Make the session look like an xdist worker before it is configured: the controller writes the reports."""
        config.workerinput = {
            "workerid": "ray",
            "workercount": 1,
            "mainargv": ["pytest", *self._session_spec.arguments],
            GIVEN_OPTIONS: self._session_spec.options,
            "glue_worker": f"{socket.gethostname()}:{os.getpid()}",
            "glue_seeds": self._request.seeds,
            "glue_progress": _RemoteProgressListener(self._session_spec.progress_actor, self._request),
        }
        config.workeroutput = {}
        config.pluginmanager.register(_EvaluationOverride(self, self._request))
        for name, value in (("numprocesses", None), ("dist", "no"), ("usepdb", False), ("maxfail", 0)):
            setattr(config.option, name, value)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = [item for item in items if item.nodeid in self._request.nodeids]

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed and self.error is None:
            self.error = RunFailure(report.longreprtext)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, call: pytest.CallInfo[None]) -> None:
        error = call.excinfo.value if call.excinfo else None
        if isinstance(error, SystemExit) and ends_process(error):
            self.terminated = error

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.results.setdefault(report.nodeid, RunFailure(report.longreprtext))


class _RemoteProgressListener(ProgressListener):
    """Forwards the progress of this session's items to the controller, as progress of the request."""

    def __init__(self, progress_actor: Any, request: RunRequest) -> None:
        self._progress_actor = progress_actor
        self._request = request

    def on_progress(self, *items: ItemProgress) -> None:
        for item in items:
            self._progress_actor.on_progress.remote(replace(item, item=self._request.name))


class _EvaluationOverride:
    """A plugin that is registered last, so that its fixture overrides the package's."""

    def __init__(self, worker: _Worker, request: RunRequest) -> None:
        self._worker = worker
        self._request = request

    @pytest.fixture
    def glue_evaluation(
        self, request: pytest.FixtureRequest, glue_options: Options, glue_task: Task, glue_checkpoint: Checkpoint
    ) -> None:
        """Make the requested runs without judging them."""
        from pytest_glue.gate.from_options import criteria_of

        spec = EvaluationSpec(glue_options, glue_task, glue_checkpoint)
        runs = runs_of(request, spec)
        target_score = None
        if glue_options.stop_when_decided and not self._request.whole:
            criteria = criteria_of(spec, glue_checkpoint.label, 1)
            target_score = criteria.target_score(runs.conditions.references)
        made = tuple(runs.run(seed, target_score=target_score) for seed in self._request.seeds)
        notes = (*runs.conditions.notes, *runs.notes)
        passing_notes = tuple(getattr(runs, "passing_notes", ()))
        self._worker.results[request.node.nodeid] = RunResult(made, runs.conditions, notes, passing_notes)
        pytest.skip("the runs are made; the controller judges them")


def _free_memory() -> None:
    """Free the device memory for the next request of this process."""
    import gc

    from pytest_glue.training.trainer.device_memory import free_memory

    gc.collect()
    free_memory()
