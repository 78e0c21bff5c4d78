"""Checks of the collected items before the first fine-tuning: what is missing is an error of the items that need it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_glue.config.evaluation_spec import EvaluationSpec
from pytest_glue.core.checkpoints import Checkpoint, Origin
from pytest_glue.core.errors import CheckpointError, DataError, GlueError
from pytest_glue.core.leaderboard import files_of
from pytest_glue.core.paths import is_valid_text, local_path
from pytest_glue.core.tasks import find_task
from pytest_glue.session.eligibility import is_overridden

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Sequence

    import pytest

    from pytest_glue.config.options import Options

    Check = tuple[Hashable, Callable[[], object]]
    """What is checked, and a function that raises a `GlueError` if it cannot be used."""


def failed_checks(items: Sequence[pytest.Item], options_of: Callable[[pytest.Item], Options]) -> dict[str, GlueError]:
    """Return the first error of each item that cannot run, by node id. Each file is checked once.

    Nothing heavy is imported and no request is sent: file names and headers are read, and whole baselines.
    """
    known: dict[Hashable, GlueError | None] = {}
    failed: dict[str, GlueError] = {}
    for item in items:
        for what, check in _checks(item, options_of):
            if what not in known:
                known[what] = _error_of(check)
            if (error := known[what]) is not None:
                failed[item.nodeid] = error
                break
    return failed


def _error_of(check: Callable[[], object]) -> GlueError | None:
    try:
        check()
    except GlueError as error:
        return error
    return None


def _checks(item: pytest.Item, options_of: Callable[[pytest.Item], Options]) -> Iterator[Check]:
    """Yield the checks of an item; what a user's fixture provides is not checked."""
    fixtures = set(getattr(item, "fixturenames", ()))
    if not fixtures & {"glue_task", "glue_checkpoint", "glue_evaluation"}:
        return
    yield ("options", item.nodeid), lambda: options_of(item)
    options = options_of(item)
    task, checkpoint = _parameter(item, "glue_task"), _parameter(item, "glue_checkpoint")
    if task is not None and fixtures & {"glue_data", "glue_evaluation"} and not is_overridden(item, "glue_data"):
        kind = (options.certify, options.submission, options.slices.get(task), options.evaluate_only)
        yield ("data", options.data, task, *kind), lambda: _check_data(options, task)
    if isinstance(checkpoint, Checkpoint):
        yield checkpoint, lambda: _check_checkpoint(checkpoint)
        if task is not None and "glue_evaluation" in fixtures:
            spec = EvaluationSpec(options, find_task(task, options.known_tasks), checkpoint)
            names = (options.save, options.compare, options.on_missing_baseline, spec.is_certified, options.seeds)
            baseline = ("baseline", *names, options.storage, task, spec.checkpoint_id, bool(spec.thresholds))
            yield baseline, lambda: _check_baseline(spec)


_NO_TEXT = "is not valid UTF-8, and libraries cannot open it: rename the folder"


def _parameter(item: Any, name: str) -> Any:
    """Return the item's value of `glue_task` or `glue_checkpoint`; None if it has none or overrides the fixture."""
    parameters = getattr(getattr(item, "callspec", None), "params", {})
    return None if name not in parameters or is_overridden(item, name) else parameters[name]


def _check_data(options: Options, task: str) -> None:
    from pytest_glue.data.source import own_data, resolved, source_of

    found = find_task(task, options.known_tasks)
    if found.data is None and not is_valid_text(local_path(options.data)):
        raise DataError(f"the name of the data folder {options.data} {_NO_TEXT}")
    source = source_of(found, options.data)
    source.check(found)
    if found.data is not None and own_data(found.data).is_local:
        resolved(found)
    if (options.certify and found.is_certifiable) or (options.submission is not None and files_of(found)):
        source.check_unlabelled(found)
    if found.golden:
        from pytest_glue.data.golden import check_golden

        check_golden(found)


def _check_checkpoint(checkpoint: Checkpoint) -> None:
    from pytest_glue.training.pretrained import check_checkpoint

    if checkpoint.origin is Origin.FOLDER and not is_valid_text(checkpoint.folder):
        raise CheckpointError(f"the name of the checkpoint {checkpoint.name} {_NO_TEXT}")
    check_checkpoint(checkpoint)


def _check_baseline(spec: EvaluationSpec) -> None:
    from pytest_glue.gate.baseline_storage import read
    from pytest_glue.gate.certificate import check_certifiable
    from pytest_glue.gate.from_options import baseline_file, check_judged, check_recordable

    check_recordable(spec)
    check_judged(spec)
    if (file := baseline_file(spec)) is not None:
        baseline = read(file)
        if spec.is_certified:
            check_certifiable(baseline, str(file), spec.options.seeds)
