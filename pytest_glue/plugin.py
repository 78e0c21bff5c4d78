"""The hooks that pytest loads in every test run, so this file imports almost nothing.

`session/start.py` registers the other hooks when the first glue flag, item or report is seen.
"""

from contextlib import suppress
from typing import Any

import pytest

from pytest_glue.config import flags
from pytest_glue.fixtures import (
    _glue_preserved_state,
    glue_checkpoint,
    glue_compute_metrics,
    glue_data,
    glue_encoded_data,
    glue_evaluation,
    glue_model_init,
    glue_options,
    glue_task,
    glue_tokenizer,
    glue_trainer,
    glue_training_arguments,
)

__all__ = [
    "_glue_preserved_state",
    "glue_checkpoint",
    "glue_compute_metrics",
    "glue_data",
    "glue_encoded_data",
    "glue_evaluation",
    "glue_model_init",
    "glue_options",
    "glue_task",
    "glue_tokenizer",
    "glue_trainer",
    "glue_training_arguments",
]

_MARKER = (
    "glue(tasks, checkpoints, threshold, ...): options of this test, with the keys of the table [tool.pytest_glue]"
)


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    from pytest_glue import hookspecs

    pluginmanager.add_hookspecs(hookspecs)


def pytest_addoption(parser: pytest.Parser) -> None:
    flags.add_flags(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker; if a flag is given, start the session, so that a wrong value ends the test run here."""
    config.addinivalue_line("markers", _MARKER)
    if getattr(config.option, "htmlpath", None) and flags.asked(config):  # pytest-html's --html
        from pytest_glue.session.html_columns import HtmlColumns

        config.pluginmanager.register(HtmlColumns(config))
    if flags.given(config):
        from pytest_glue.core.errors import GlueError
        from pytest_glue.session.start import start_session

        try:
            start_session(config)
        except GlueError as error:
            raise pytest.UsageError(str(error)) from None


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "glue_task" in metafunc.fixturenames or "glue_checkpoint" in metafunc.fixturenames:
        from pytest_glue.session.parametrize import make_items

        make_items(metafunc)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """End the test run if ini file or table hold a wrong value, in the same way as for a flag."""
    if (message := session.config.stash.get(flags.START_ERROR, None)) is not None:
        raise pytest.UsageError(message)


@pytest.hookimpl(optionalhook=True, tryfirst=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """Return the number of GPUs for `-n auto`; without GPUs, xdist counts the cores."""
    if not flags.asked(config):
        return None
    from pytest_glue.session.worker_resources import auto_workers

    return auto_workers()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes(config: pytest.Config) -> None:
    """Check the options and give each worker a GPU; called on xdist's controller before the first worker starts."""
    if flags.asked(config):
        from pytest_glue.config.sources import OptionSources
        from pytest_glue.core.checkpoints import ids
        from pytest_glue.core.errors import GlueError
        from pytest_glue.session.termination import handle_sigterm
        from pytest_glue.session.worker_resources import GpuAssigner

        try:
            ids(OptionSources.from_pytest_config(config).options().checkpoints)
        except GlueError as error:
            raise pytest.UsageError(str(error)) from None
        config.pluginmanager.register(GpuAssigner())
        handle_sigterm(config)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Return the scheduler that distributes glue items by expected cost; called on xdist's controller."""
    if not flags.asked(config):
        return None
    from pytest_glue.scheduling.xdist_scheduler import make_scheduler

    return make_scheduler(config, log)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(node: Any) -> None:
    """Show the progress of glue items; called on xdist's controller when a worker has collected its items."""
    from pytest_glue.progress.worker_status import status_folder

    if (folder := status_folder(node.workerinput)).is_dir():
        from pytest_glue.session.start import start_on_controller

        start_on_controller(node.config, folder)


def pytest_exception_interact(node: pytest.Collector | pytest.Item, report: Any) -> None:
    """Start the session if a file cannot be collected, so that the JSON report has the error."""
    if isinstance(report, pytest.CollectReport) and flags.asked(node.config):
        from pytest_glue.core.errors import GlueError
        from pytest_glue.session.start import start_session

        with suppress(GlueError):  # a wrong option, which glue tests report
            start_session(node.config)


def pytest_report_from_serializable(config: pytest.Config, data: dict[str, Any]) -> None:
    """Start the session on xdist's controller with the first report that has an evaluation or an error."""
    if "glue_evaluation" in data or "glue_error" in data:
        from pytest_glue.session.start import start_session

        start_session(config)
