"""Parametrization: a test that uses `glue_task` or `glue_checkpoint` becomes an item for each of their values."""

import pytest

from pytest_glue.config import flags
from pytest_glue.config.options import Options
from pytest_glue.core.checkpoints import SAMPLE, Checkpoint, ids
from pytest_glue.core.choices import ExecutorKind
from pytest_glue.core.errors import GlueError, OptionError
from pytest_glue.execution import executor
from pytest_glue.integrations import trackers
from pytest_glue.integrations.cluster import cluster_address
from pytest_glue.session.start import start_session


def make_items(metafunc: pytest.Metafunc) -> None:
    """Check the options of a test, then parametrize it by task and within a task by checkpoint.

    If an option of ini file or table is not accepted, or there is no checkpoint to test, note that: the test run ends
    after the collection.

    Raises:
        pytest.Collector.CollectError: an option of a marker is not accepted, or a package is missing.
    """
    config = metafunc.config
    try:
        session = start_session(config)
    except GlueError as error:
        if hasattr(config, "workerinput"):  # xdist's controller has checked the same options before
            raise pytest.Collector.CollectError(str(error)) from None
        config.stash[flags.START_ERROR] = str(error)
        return
    try:
        options = session.options_of(metafunc.definition)
        fixtures = {"glue_task", "glue_checkpoint"} & set(metafunc.fixturenames) - _parametrized(metafunc)
        if not config.option.collectonly:
            _require_packages(options)
        if "glue_task" in fixtures:
            names = [task.name for task in options.tasks]
            metafunc.parametrize("glue_task", names, ids=names, indirect=True)
    except GlueError as error:
        raise pytest.Collector.CollectError(str(error)) from None
    if "glue_checkpoint" in fixtures:
        try:
            checkpoints = ids(options.checkpoints or _none_configured())
        except GlueError as error:
            marks = metafunc.definition.iter_markers("glue")
            if hasattr(config, "workerinput") or any("checkpoints" in mark.kwargs for mark in marks):
                raise pytest.Collector.CollectError(str(error)) from None
            config.stash[flags.START_ERROR] = str(error)
            return
        metafunc.parametrize("glue_checkpoint", checkpoints.values(), ids=checkpoints.keys(), indirect=True)


def _require_packages(options: Options) -> None:
    """Check what all items of a test need; `item_checks` checks the data, checkpoint and baseline of each."""
    from pytest_glue.search.backend import check_storage, require

    executor.require(options.executor)
    is_remote = options.executor is ExecutorKind.RAY
    trackers.require(options.report_to, cluster_address(options.ray) if is_remote else None)
    if options.search is not None:
        require(options.search)
        check_storage(options.search, options.search_storage)


def _parametrized(metafunc: pytest.Metafunc) -> set[str]:
    """Return the arguments that the test parametrizes itself."""
    marks = metafunc.definition.iter_markers("parametrize")
    names = [mark.args[0] if mark.args else mark.kwargs["argnames"] for mark in marks]
    return {part.strip() for name in names for part in (name.split(",") if isinstance(name, str) else name)}


def _none_configured() -> list[Checkpoint]:
    message = (
        "no checkpoint to test: name one with --glue-checkpoints=ID, as in distilbert-base-uncased, "
        f"--glue-checkpoints=FOLDER, or --glue-checkpoints={SAMPLE} to try things out without a network; "
        "or set `checkpoints` in [tool.pytest_glue]"
    )
    raise OptionError(message)
