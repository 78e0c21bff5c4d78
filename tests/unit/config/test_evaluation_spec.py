"""Options, task and checkpoint as one value."""

from dataclasses import replace

import pytest

from pytest_glue.config.evaluation_spec import EvaluationSpec
from pytest_glue.config.options import Options
from pytest_glue.core.checkpoints import Checkpoint
from pytest_glue.core.errors import OptionError
from pytest_glue.core.tasks import GLUE

FIRST, SECOND = Checkpoint.parse("./a/model"), Checkpoint.parse("./b/model")
OPTIONS = Options(tasks=(GLUE["rte"], GLUE["mrpc"]), checkpoints=(FIRST, SECOND))


def test_all_pairs() -> None:
    """There is a spec for each task with each checkpoint, task by task."""
    pairs = [("rte", FIRST), ("rte", SECOND), ("mrpc", FIRST), ("mrpc", SECOND)]
    assert pairs == [(spec.task.name, spec.checkpoint) for spec in EvaluationSpec.all_of(OPTIONS)]


def test_the_checkpoints_part_of_the_id() -> None:
    """Folders with the same name are told apart, and a checkpoint that the options do not name has an id too."""
    ids = {spec.checkpoint_id for spec in EvaluationSpec.all_of(OPTIONS)}
    assert {"a-model", "b-model"} == ids
    assert "c" == EvaluationSpec(Options(checkpoints=(FIRST,)), GLUE["rte"], Checkpoint.parse("./c")).checkpoint_id


def test_thresholds_of_the_task() -> None:
    """Thresholds of other tasks are left out."""
    options = OPTIONS.replace(threshold={("mrpc", "f1"): 0.8, ("rte", "accuracy"): 0.6})
    assert {"f1": 0.8} == EvaluationSpec(options, GLUE["mrpc"], FIRST).thresholds
    assert {} == EvaluationSpec(options, GLUE["cola"], FIRST).thresholds


def test_thresholds_of_an_own_task() -> None:
    """One without a metric is for the headline metric; a metric that the task lacks is refused."""
    own = replace(GLUE["mrpc"], name="tickets")
    spec = EvaluationSpec(OPTIONS.replace(threshold={("tickets", ""): 0.8, ("tickets", "f1"): 0.7}), own, FIRST)
    assert {"accuracy": 0.8, "f1": 0.7} == spec.thresholds
    spec = EvaluationSpec(OPTIONS.replace(threshold={("tickets", "pearson"): 0.7}), own, FIRST)
    with pytest.raises(OptionError, match="task 'tickets' has no metric 'pearson': accepted: accuracy, f1"):
        _ = spec.thresholds


def test_thresholds_of_slices() -> None:
    """They are apart from those of all examples."""
    given = {
        ("mrpc", "f1"): 0.8,
        ("mrpc[a=b]", "f1"): 0.7,
        ("mrpc[a=b]", "accuracy"): 0.6,
        ("rte[a=b]", "accuracy"): 0.5,
    }
    spec = EvaluationSpec(OPTIONS.replace(threshold=given), GLUE["mrpc"], FIRST)
    assert {"f1": 0.8} == spec.thresholds
    assert {"a=b": {"f1": 0.7, "accuracy": 0.6}} == spec.slice_thresholds


def test_allowed_drops_of_slices() -> None:
    """Those without one have that of all examples."""
    given = {None: 0.01, "mrpc": 0.02, "mrpc[a=b]": 0.1, "rte[a=b]": 0.2}
    spec = EvaluationSpec(OPTIONS.replace(max_drop=given), GLUE["mrpc"], FIRST)
    assert (0.02, {"a=b": 0.1}) == (spec.max_drop, spec.slice_max_drops)


@pytest.mark.parametrize(
    ("max_drop", "expected"), [({}, 0.0), ({None: 0.01}, 0.01), ({None: 0.01, "rte": 0.03}, 0.03), ({"cola": 0.1}, 0.0)]
)
def test_max_drop_of_the_task(max_drop: dict[str | None, float], expected: float) -> None:
    """The task's own drop beats the one for every task; without either, no drop is allowed."""
    spec = EvaluationSpec(OPTIONS.replace(max_drop=max_drop), GLUE["rte"], FIRST)
    assert expected == spec.max_drop


def test_the_range_of_an_own_tasks_threshold_is_checked_once_the_task_is_known() -> None:
    """Before, the headline metric and so its range are not known."""
    own = replace(GLUE["mrpc"], name="tickets")
    spec = EvaluationSpec(OPTIONS.replace(threshold={("tickets", ""): 80.0}), own, FIRST)
    with pytest.raises(OptionError, match=r"tickets=80: accuracy is a number from 0 to 1 .*did you mean 0\.8\?"):
        _ = spec.thresholds
    errors = replace(GLUE["stsb"], name="tickets", metrics=("mse",))
    assert {"mse": 80.0} == replace(spec, task=errors).thresholds
