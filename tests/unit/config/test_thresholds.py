"""Thresholds: accepted forms, and messages about others."""

from dataclasses import replace

import pytest

from pytest_glue.config.thresholds import Threshold, parse_threshold, threshold_of
from pytest_glue.core.errors import OptionError
from pytest_glue.core.metrics import METRICS
from pytest_glue.core.tasks import GLUE


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cola=0.5", (("cola", "matthews_correlation"), 0.5)),
        ("mrpc:f1=.8", (("mrpc", "f1"), 0.8)),
        ("mrpc:accuracy = 1", (("mrpc", "accuracy"), 1.0)),
        (" rte = 0 ", (("rte", "accuracy"), 0.0)),
        ("stsb:spearmanr=-1", (("stsb", "spearmanr"), -1.0)),
        ("mnli-mm=8e-1", (("mnli-mm", "accuracy"), 0.8)),
        ("tickets=0.5", (("tickets", ""), 0.5)),
        ("rte-de:f1=0.5", (("rte-de", "f1"), 0.5)),
        ("rte[language=de]=0.6", (("rte[language=de]", "accuracy"), 0.6)),
        ("mrpc[urgent]:f1=0.6", (("mrpc[urgent]", "f1"), 0.6)),
        ("rte[path=a[0]:b=c]:accuracy=0.6", (("rte[path=a[0]:b=c]", "accuracy"), 0.6)),
        ("rte[language=]=0.6", (("rte[language=]", "accuracy"), 0.6)),
    ],
)
def test_a_text_is_a_threshold(text: str, expected: Threshold) -> None:
    """Without a metric, the threshold is that of the headline metric. Both ends of the range are accepted.

    A name that is like none of the tasks can be that of a user's own task, whose fixture knows the metrics.
    """
    assert expected == parse_threshold(text)


def test_a_tables_number_is_a_threshold() -> None:
    """A table may hold an integer."""
    assert (("rte", "accuracy"), 1.0) == threshold_of("rte", 1)


@pytest.mark.parametrize("text", ["cola", "", "cola:0.5", "rte[language=de", "rte[language=de]", "rte[a]b=0.5"])
def test_another_form_is_refused(text: str) -> None:
    """The message shows the forms."""
    with pytest.raises(OptionError) as caught:
        parse_threshold(text)
    of_a_slice = "for a slice, TASK[SLICE] stands for TASK"
    assert f"{text!r}: expected TASK=VALUE or TASK:METRIC=VALUE; {of_a_slice}" == str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("mrcp=0.5", "unknown task 'mrcp': did you mean mrpc?"),
        ("stsb:spearman=0.5", "task 'stsb' has no metric 'spearman': did you mean spearmanr or pearson?"),
        ("cola:accuracy=0.5", "task 'cola' has no metric 'accuracy': accepted: matthews_correlation"),
        (
            "tickets:f2=0.5",
            f"task 'tickets' has no metric 'f2': accepted: {', '.join(METRICS)}",
        ),
        ("mrpc:=0.5", "task 'mrpc' has no metric '': accepted: accuracy, f1"),
        ("mrpc[a]:=0.5", "task 'mrpc' has no metric '': accepted: accuracy, f1"),
        ("mrcp[a]=0.5", "unknown task 'mrcp': did you mean mrpc?"),
    ],
)
def test_an_unknown_task_or_metric_is_refused(text: str, message: str) -> None:
    """The message offers the closest tasks or metrics, or all."""
    with pytest.raises(OptionError) as caught:
        parse_threshold(text)
    assert message == str(caught.value)


@pytest.mark.parametrize(
    ("target", "value", "message"),
    [
        ("rte", "1.01", "rte=1.01: accuracy is a number from 0 to 1 (a fraction: did you mean 0.0101?)"),
        ("rte", 65, "rte=65: accuracy is a number from 0 to 1 (a fraction: did you mean 0.65?)"),
        ("rte", "650", "rte=650: accuracy is a number from 0 to 1"),
        ("rte", "-0.1", "rte=-0.1: accuracy is a number from 0 to 1"),
        ("cola", "-1.5", "cola=-1.5: matthews_correlation is a number from -1 to 1"),
        ("mrpc:f1", "high", "mrpc:f1=high: f1 is a number from 0 to 1"),
        ("rte", "nan", "rte=nan: accuracy is a number from 0 to 1"),
        ("rte", "inf", "rte=inf: accuracy is a number from 0 to 1"),
        ("rte[a=b]", "1.2", "rte[a=b]=1.2: accuracy is a number from 0 to 1 (a fraction: did you mean 0.012?)"),
        ("rte", "", "rte=: accuracy is a number from 0 to 1"),
        ("rte", True, "rte=True: accuracy is a number from 0 to 1"),
        ("rte", None, "rte=None: accuracy is a number from 0 to 1"),
    ],
)
def test_a_value_outside_the_range_is_refused(target: str, value: object, message: str) -> None:
    """The message has value and range; it recognizes a percentage."""
    with pytest.raises(OptionError) as caught:
        threshold_of(target, value)
    assert message == str(caught.value)


MINE = {**GLUE, "mine": replace(GLUE["stsb"], name="mine", metrics=("mse", "pearson"))}


def test_a_threshold_without_an_upper_end() -> None:
    """An error can be larger than 1."""
    assert (("mine", "mse"), 2.5) == parse_threshold("mine=2.5", MINE)
    assert (("tickets", "mse"), 30.0) == parse_threshold("tickets:mse=30")
    assert (("tickets", ""), 30.0) == parse_threshold("tickets=30")


@pytest.mark.parametrize("value", ["-0.1", "inf", "nan", "low"])
def test_an_error_that_is_not_accepted(value: str) -> None:
    with pytest.raises(OptionError) as caught:
        parse_threshold(f"mine={value}", MINE)
    assert f"mine={value}: mse is a number of at least 0" == str(caught.value)


def test_a_metric_of_another_direction_has_its_own_range() -> None:
    with pytest.raises(OptionError, match=r"mine:pearson=2: pearson is a number from -1 to 1"):
        parse_threshold("mine:pearson=2", MINE)
