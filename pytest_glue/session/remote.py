"""An errand, done in a worker of Ray: a test session of its items, whose evaluations end with their runs.

The item's fixtures are pytest's and the user's own, so it takes a session to make them. The verdict is left to the
controller, which knows the whole of the item.
"""

from __future__ import annotations

import io
import os
import socket
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_glue.core.paths import moved
from pytest_glue.execution.executor import Answers, Errand, Failure, Outcome
from pytest_glue.execution.file_transfer import Parcel, unpack
from pytest_glue.progress.events import Running

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_glue.config.options import Options
    from pytest_glue.core.checkpoints import Checkpoint
    from pytest_glue.core.tasks import Task

OPTIONS = "glue_options"
"""Where a session finds, among what its worker was given, the options of each of the controller's tests."""

_SHELF = ".pytest-glue"
"""The folder in a copy of the root that holds other folders' copies; Ray removes it with the rest."""

_SHOWN = 4000
"""How many of the last letters of a session's output an error shows."""

_STARTED_IN = Path.cwd()
"""The folder that Ray started this process in: a copy of the root, where one was shipped."""


@dataclass(frozen=True, slots=True)
class TestRun:
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
    """The handle of a `Board`, which is told what errands are at."""
    parcels: tuple[Parcel, ...]
    """Checkpoints and data that workers may not find where the controller has them."""


def do_errand(test_run: TestRun, errand: Errand) -> Answers:
    """Do an errand in this process.

    Args:
        test_run: what the controller was started with.
        errand: of one item, or of several.
    """
    import ray

    root = _STARTED_IN if test_run.is_shipped else test_run.root
    worker = _Worker(test_run, errand)
    moved({parcel.name: unpack(parcel, ray.get, root / _SHELF) for parcel in test_run.parcels})
    os.chdir(root / test_run.directory)
    output = io.StringIO()
    try:
        with redirect_stdout(output):
            pytest.main(_arguments(test_run, root), plugins=[worker])
    finally:
        _free_memory()
    missing = worker.error or Failure(f"the item was not found there:\n{output.getvalue()[-_SHOWN:]}")
    return {nodeid: worker.answers.get(nodeid, missing) for nodeid in errand.nodeids}


def _arguments(test_run: TestRun, root: Path) -> list[str]:
    """Return the controller's arguments, its root replaced by this machine's."""
    given = [argument.replace(str(test_run.root), str(root)) for argument in test_run.arguments]
    configuration = ["-c", str(root / test_run.configuration)] if test_run.configuration else []
    return [*given, f"--rootdir={root}", *configuration]


class _Worker:
    """A plugin of the session: of all that is collected it runs the errand's items, and takes their runs."""

    def __init__(self, test_run: TestRun, errand: Errand) -> None:
        self._test_run = test_run
        self._errand = errand
        self.answers: dict[str, Outcome | Failure] = {}
        self.error: Failure | None = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_cmdline_main(self, config: Any) -> None:
        """Called before anything is configured: reports and caches are the controller's, as under xdist."""
        config.workerinput = {
            "workerid": "ray",
            "workercount": 1,
            "mainargv": ["pytest", *self._test_run.arguments],
            OPTIONS: self._test_run.options,
            "glue_progress": _Courier(self._test_run.board, self._errand),
        }
        config.workeroutput = {}
        config.pluginmanager.register(_Ending(self, self._errand))
        for name, value in (("numprocesses", None), ("dist", "no"), ("usepdb", False), ("maxfail", 0)):
            setattr(config.option, name, value)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Called after collection."""
        items[:] = [item for item in items if item.nodeid in self._errand.nodeids]

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Called for each file that is collected."""
        if report.failed and self.error is None:
            self.error = Failure(report.longreprtext)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Called for each phase of the item."""
        if report.failed:
            self.answers.setdefault(report.nodeid, Failure(report.longreprtext))


class _Courier:
    """Who hears of this session's items, and tells the controller of the errand: see `Listener`."""

    def __init__(self, board: Any, errand: Errand) -> None:
        self._board = board
        self._errand = errand
        self._where = f"{socket.gethostname()}:{os.getpid()}"

    def expect(self, costs: Mapping[str, float]) -> None:
        """See `Listener`: the controller knows them."""

    def tell(self, *those: Running) -> None:
        """See `Listener`."""
        for running in those:
            self._board.tell.remote(Running.of(self._errand.name, self._where, self._errand.seeds, running.moment))

    def finish(self, item: str) -> None:
        """See `Listener`: the controller hears of it by the answer."""

    def close(self) -> None:
        """See `Listener`."""


class _Ending:
    """A plugin behind all others, so that its fixture takes the place of this package's."""

    def __init__(self, worker: _Worker, errand: Errand) -> None:
        self._worker = worker
        self._errand = errand

    @pytest.fixture
    def glue_evaluation(
        self, request: pytest.FixtureRequest, glue_options: Options, glue_task: Task, glue_checkpoint: Checkpoint
    ) -> None:
        """Make the errand's runs, and no evaluation of them."""
        from pytest_glue.gate.from_options import criteria_of
        from pytest_glue.session.run_sources import runs_of

        runs = runs_of(request, glue_options, glue_task, glue_checkpoint)
        enough = None
        if glue_options.stop_when_decided and not self._errand.whole:
            criteria = criteria_of(glue_options, glue_task, glue_checkpoint, glue_checkpoint.label, 1)
            enough = criteria.enough(runs.conditions.references)
        made = tuple(runs.run(seed, enough=enough) for seed in self._errand.seeds)
        notes = (*runs.conditions.notes, *runs.notes)
        self._worker.answers[request.node.nodeid] = Outcome(made, runs.conditions, notes)
        pytest.skip("its runs are made; the controller judges them")


def _free_memory() -> None:
    """Leave the device to whatever this process does next."""
    import gc

    from pytest_glue.training.trainer.device_memory import free_memory

    gc.collect()
    free_memory()
