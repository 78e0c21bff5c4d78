"""The plugin's hooks: what pytest loads in every test run, also where nobody asks for an evaluation.

So this file imports what costs nothing. Read `session` for what happens once there is a glue item.
"""

from typing import Any

import pytest

from pytest_glue.config import flags
from pytest_glue.fixtures import (
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

_MARKER = "glue(tasks, checkpoints, threshold, ...): options of this test, as the table [tool.pytest_glue] holds them"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Called once, at start."""
    flags.add_flags(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Called once, after the command line is parsed: a flag that is not accepted ends the test run here."""
    config.addinivalue_line("markers", _MARKER)
    if flags.given(config):
        from pytest_glue.core.errors import GlueError
        from pytest_glue.session.session import GlueSession

        try:
            GlueSession.of(config)
        except GlueError as error:
            raise pytest.UsageError(str(error)) from None


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Called for each test function: one that asks for a task or a checkpoint becomes an item for each of them."""
    if "glue_task" in metafunc.fixturenames or "glue_checkpoint" in metafunc.fixturenames:
        from pytest_glue.session.parametrize import make_items

        make_items(metafunc)


@pytest.hookimpl(optionalhook=True, tryfirst=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """Called for `-n auto`: a worker for each GPU; where there is none, xdist counts the cores."""
    if not flags.asked(config):
        return None
    from pytest_glue.session.worker_resources import auto_workers

    return auto_workers()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes(config: pytest.Config) -> None:
    """Called on xdist's controller before the first worker is there: each is to have a GPU of its own."""
    if flags.asked(config):
        from pytest_glue.session.worker_resources import GpuAssigner

        config.pluginmanager.register(GpuAssigner())


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Called on xdist's controller: glue items are spread by what they are expected to cost."""
    if not flags.asked(config):
        return None
    from pytest_glue.scheduling.xdist_scheduler import make_scheduler

    return make_scheduler(config, log)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(node: Any) -> None:
    """Called on xdist's controller when a worker has its items: of glue items among them, the progress is shown."""
    from pytest_glue.progress.worker_status import status_folder

    if (folder := status_folder(node.workerinput)).is_dir():
        from pytest_glue.session.session import GlueSession

        GlueSession.of(node.config).progress.read_statuses(folder)


def pytest_report_from_serializable(config: pytest.Config, data: dict[str, Any]) -> None:
    """Called on xdist's controller for each report of a worker: the first with an evaluation makes the session."""
    if "glue_evaluation" in data or "glue_error" in data:
        from pytest_glue.session.session import GlueSession

        GlueSession.of(config)
