"""Parametrization: a test that uses `glue_task` or `glue_checkpoint` becomes an item for each of their values."""

import pytest

from pytest_glue.config.evaluation_spec import EvaluationSpec
from pytest_glue.config.options import Options
from pytest_glue.core.checkpoints import SAMPLE, Checkpoint, ids
from pytest_glue.core.errors import GlueError, OptionError
from pytest_glue.execution import executor
from pytest_glue.session.start import start_session


def make_items(metafunc: pytest.Metafunc) -> None:
    """Check the options of a test, then parametrize it by task and within a task by checkpoint.

    Raises:
        pytest.Collector.CollectError: an option is not accepted, or data or a checkpoint is missing.
    """
    try:
        options = start_session(metafunc.config).options_of(metafunc.definition)
        fixtures = {"glue_task", "glue_checkpoint"} & set(metafunc.fixturenames) - _parametrized(metafunc)
        if not metafunc.config.option.collectonly:
            _check(options, fixtures, compared="glue_evaluation" in metafunc.fixturenames)
        if "glue_task" in fixtures:
            names = [task.name for task in options.tasks]
            metafunc.parametrize("glue_task", names, ids=names, indirect=True)
        if "glue_checkpoint" in fixtures:
            checkpoints = ids(options.checkpoints or _none_configured())
            metafunc.parametrize("glue_checkpoint", checkpoints.values(), ids=checkpoints.keys(), indirect=True)
    except GlueError as error:
        raise pytest.Collector.CollectError(str(error)) from None


def _check(options: Options, fixtures: set[str], *, compared: bool) -> None:
    """Check packages, data, checkpoints and baselines of all items before the first fine-tuning."""
    from pytest_glue.data.source import open_source
    from pytest_glue.gate.baseline_storage import read
    from pytest_glue.gate.from_options import baseline_file
    from pytest_glue.search.backend import check_storage, require
    from pytest_glue.training.pretrained import check_checkpoint

    executor.require(options.executor)
    if options.search is not None:
        require(options.search)
        check_storage(options.search, options.search_storage)
    if "glue_task" in fixtures:
        source = open_source(options.data)
        for task in options.tasks:
            source.check(task)
    if "glue_checkpoint" in fixtures:
        for checkpoint in options.checkpoints:
            check_checkpoint(checkpoint)
    if compared and fixtures == {"glue_task", "glue_checkpoint"}:
        for spec in EvaluationSpec.all_of(options):
            if (file := baseline_file(spec)) is not None:
                read(file)


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
