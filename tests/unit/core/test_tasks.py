"""The table of tasks."""

from dataclasses import replace

import pytest

from pytest_glue.core.errors import OptionError
from pytest_glue.core.metrics import METRICS
from pytest_glue.core.tasks import GLUE, Kind, Task, TaskRegistry, find_task

EVERY_TASK = pytest.mark.parametrize("task", GLUE.values(), ids=GLUE.keys())
PAIR = ("sentence1", "sentence2")
MNLI = ("premise", "hypothesis")

FORMS = {
    "cola": ("cola", ("sentence",), 2, "validation"),
    "mnli": ("mnli", MNLI, 3, "validation_matched"),
    "mnli-mm": ("mnli", MNLI, 3, "validation_mismatched"),
    "mrpc": ("mrpc", PAIR, 2, "validation"),
    "qnli": ("qnli", ("question", "sentence"), 2, "validation"),
    "qqp": ("qqp", ("question1", "question2"), 2, "validation"),
    "rte": ("rte", PAIR, 2, "validation"),
    "sst2": ("sst2", ("sentence",), 2, "validation"),
    "stsb": ("stsb", PAIR, 1, "validation"),
    "wnli": ("wnli", PAIR, 2, "validation"),
}
"""Copied from the dataset card of the hub and the run_glue examples."""

PAPER_METRICS = {
    "cola": ("matthews_correlation",),
    "mrpc": ("accuracy", "f1"),
    "qqp": ("accuracy", "f1"),
    "stsb": ("pearson", "spearmanr"),
}


def test_glue_has_its_ten_tasks_in_order() -> None:
    """They are sorted by name."""
    assert list(FORMS) == list(GLUE)


@EVERY_TASK
def test_a_task_has_the_form_of_the_hubs_dataset(task: Task) -> None:
    """That is `nyu-mll/glue`."""
    assert FORMS[task.name] == (task.configuration, task.text_columns, task.num_labels, task.evaluation_split)


@EVERY_TASK
def test_a_task_has_the_metrics_of_the_paper(task: Task) -> None:
    """Matthews for CoLA, accuracy and F1 for the paraphrases, correlations for STS-B, accuracy for the others."""
    assert PAPER_METRICS.get(task.name, ("accuracy",)) == task.metrics


@EVERY_TASK
def test_the_headline_metric_comes_first_and_is_known(task: Task) -> None:
    """Each metric has a range and a chance level."""
    assert task.metrics[0] == task.headline_metric
    assert set(METRICS) >= set(task.metrics)


@EVERY_TASK
def test_columns_are_text_then_label(task: Task) -> None:
    """A split needs both."""
    assert (*FORMS[task.name][1], "label") == task.columns


def test_only_similarity_is_a_regression() -> None:
    """STS-B has no classes."""
    assert ["stsb"] == [task.name for task in GLUE.values() if task.is_regression]


def test_only_wnli_is_report_only() -> None:
    """WNLI is not judged without a threshold; the task has the reason."""
    assert {"wnli": "plain fine-tuning does not beat the majority class on wnli"} == {
        task.name: task.report_only for task in GLUE.values() if task.report_only
    }


def test_entailment_is_class_zero_but_in_wnli() -> None:
    """The dataset orders the labels of WNLI and RTE differently."""
    assert ("entailment", "not_entailment") == GLUE["rte"].labels == GLUE["qnli"].labels
    assert ("not_entailment", "entailment") == GLUE["wnli"].labels


def test_only_mnli_and_mnli_mm_share_a_training() -> None:
    """They differ only in their evaluation split. No task shares a training with itself."""
    pairs = [
        (one.name, other.name) for one in GLUE.values() for other in GLUE.values() if one.shares_training_with(other)
    ]
    assert [("mnli", "mnli-mm"), ("mnli-mm", "mnli")] == pairs
    assert not replace(GLUE["mnli"], metrics=("f1",)).shares_training_with(GLUE["mnli-mm"])


def test_a_task_is_found_by_its_name() -> None:
    """`find_task` searches GLUE, or another table."""
    own = Task("own", "own", ("text",), ("no", "yes"), ("accuracy",))
    assert GLUE["mnli-mm"] is find_task("mnli-mm")
    assert own is find_task("own", {"own": own})


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("cloa", "unknown task 'cloa': did you mean cola?"),
        ("squad", f"unknown task 'squad': accepted: {', '.join(FORMS)}"),
    ],
)
def test_an_unknown_task_is_refused_with_the_closest_names(name: str, message: str) -> None:
    """The message offers the closest names, or all."""
    with pytest.raises(OptionError) as caught:
        find_task(name)
    assert message == str(caught.value)


def test_the_table_cannot_be_changed() -> None:
    """All tests of a process share it."""
    with pytest.raises(TypeError):
        GLUE["cola"] = GLUE["rte"]  # type: ignore[index]


def test_which_tasks_have_groups() -> None:
    """Several questions have one sentence in QNLI, and several hypotheses one premise in MNLI."""
    assert {"qnli": "sentence", "mnli": "premise", "mnli-mm": "premise"} == {
        task.name: task.group_column for task in GLUE.values() if task.group_column
    }


def test_groups_do_not_change_a_training() -> None:
    """Two tasks that differ in their evaluation split and in its groups share a training."""
    assert GLUE["mnli"].shares_training_with(replace(GLUE["mnli-mm"], group_column=None))
    assert not GLUE["mnli"].shares_training_with(replace(GLUE["mnli-mm"], text_columns=("premise",)))
    assert not GLUE["mnli"].shares_training_with(GLUE["mnli"])


def test_the_kind_of_a_task_follows_its_labels() -> None:
    """Without labels a task is a regression, unless its labels are to be inferred."""
    own = Task("own", "own", ("text",), (), ("accuracy",))
    assert (Kind.REGRESSION, True) == (own.kind, own.is_regression)
    assert not replace(own, kind=Kind.CLASSIFICATION).is_regression
    assert replace(own, kind=Kind.MULTI_LABEL).is_multi_label
    assert Kind.CLASSIFICATION is GLUE["rte"].kind


@pytest.mark.parametrize("name", ["rte", "own"])
def test_two_tasks_with_the_same_name_cannot_be_registered(name: str) -> None:
    """One of them would silently win."""
    registry = TaskRegistry()
    registry.add(replace(GLUE["rte"], name="own"))
    with pytest.raises(OptionError, match=f"there is a task '{name}' already: choose another name"):
        registry.add(replace(GLUE["rte"], name=name))
