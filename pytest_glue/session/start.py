"""Starts the session of a test run: makes its plugin objects and registers them under their names."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

from pytest_glue.core.choices import ExecutorKind
from pytest_glue.progress.worker_status import status_folder
from pytest_glue.session import failure_limit, progress, reporter, session, termination
from pytest_glue.session.failure_limit import ControllerLimit, WorkerLimit
from pytest_glue.session.reporter import GlueReporter
from pytest_glue.session.session import GlueSession
from pytest_glue.session.termination import Termination, handle_sigterm

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

_LOCK = Lock()
"""xdist's controller receives the reports of each worker in a thread of its own, and two can be the first."""


def start_session(config: pytest.Config) -> GlueSession:
    """Return the session of a test run; the first call makes it.

    Raises:
        GlueError: an option is not accepted, or the report cannot be written.
    """
    with _LOCK:
        if not config.pluginmanager.has_plugin(session.NAME):
            _register(config)
    return GlueSession.of(config)


def start_on_controller(config: pytest.Config, statuses: Path) -> None:
    """Start the session on xdist's controller when a worker has collected glue items, if no flag started it before.

    Args:
        config: of the controller.
        statuses: the folder in which the workers write their status.
    """
    start_session(config).progress.read_statuses(statuses)
    reporting = config.pluginmanager.get_plugin(reporter.NAME)
    assert isinstance(reporting, GlueReporter)
    reporting.write_empty()
    handle_sigterm(config)
    if (maxfail := config.getvalue("maxfail")) and not config.pluginmanager.has_plugin(failure_limit.NAME):
        config.pluginmanager.register(ControllerLimit(maxfail, statuses), failure_limit.NAME)


def _register(config: pytest.Config) -> None:
    made = GlueSession(config)
    reporting = GlueReporter(config, made)
    manager = config.pluginmanager
    manager.register(made, session.NAME)
    manager.register(reporting, reporter.NAME)
    manager.register(made.progress, progress.NAME)
    if not config.option.collectonly:
        manager.register(Termination(config), termination.NAME)
    worker = getattr(config, "workerinput", {})
    if "testrunuid" in worker and config.getvalue("maxfail"):
        manager.register(WorkerLimit(status_folder(worker)), failure_limit.NAME)
    is_remote = made.options.executor is ExecutorKind.RAY
    if is_remote and not made.is_worker and not config.option.collectonly:
        from pytest_glue.session.dispatcher import Dispatcher
        from pytest_glue.session.run_sources import DISPATCHER

        manager.register(Dispatcher(config, made), DISPATCHER)
