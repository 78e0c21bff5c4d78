"""Thresholds: the ways to write one, and what is refused."""

import pytest

from pytest_glue.config.thresholds import Threshold
from pytest_glue.core.errors import OptionError
from pytest_glue.core.tasks import GLUE


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cola=0.5", Threshold("cola", "matthews_correlation", 0.5)),
        ("mrpc:f1=.8", Threshold("mrpc", "f1", 0.8)),
        ("mrpc:accuracy = 1", Threshold("mrpc", "accuracy", 1.0)),
        (" rte = 0 ", Threshold("rte", "accuracy", 0.0)),
        ("stsb:spearmanr=-1", Threshold("stsb", "spearmanr", -1.0)),
        ("mnli-mm=8e-1", Threshold("mnli-mm", "accuracy", 0.8)),
    ],
)
def test_a_text_is_a_threshold(text: str, expected: Threshold) -> None:
    """TASK=VALUE is the headline metric's floor and TASK:METRIC=VALUE another's, up to the ends of the range."""
    assert expected == Threshold.parse(text, GLUE)


def test_a_tables_number_is_a_threshold() -> None:
    """A table's integer is as good as a text."""
    assert Threshold("rte", "accuracy", 1.0) == Threshold.of("rte", 1, GLUE)


@pytest.mark.parametrize("text", ["cola", "", "cola:0.5"])
def test_another_form_is_refused(text: str) -> None:
    """The message shows the two forms."""
    with pytest.raises(OptionError) as caught:
        Threshold.parse(text, GLUE)
    assert f"{text!r} is not of the form TASK=VALUE or TASK:METRIC=VALUE" == str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("mrcp=0.5", "unknown task 'mrcp': did you mean mrpc?"),
        ("stsb:spearman=0.5", "task 'stsb' has no metric 'spearman': did you mean spearmanr or pearson?"),
        ("cola:accuracy=0.5", "task 'cola' has no metric 'accuracy': accepted: matthews_correlation"),
        ("mrpc:=0.5", "task 'mrpc' has no metric '': accepted: accuracy, f1"),
    ],
)
def test_a_target_that_is_not_there_is_refused(text: str, message: str) -> None:
    """The message has the task or metric that was given, and those that there are."""
    with pytest.raises(OptionError) as caught:
        Threshold.parse(text, GLUE)
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
        ("rte", "", "rte=: accuracy is a number from 0 to 1"),
        ("rte", True, "rte=True: accuracy is a number from 0 to 1"),
        ("rte", None, "rte=None: accuracy is a number from 0 to 1"),
    ],
)
def test_a_value_outside_the_range_is_refused(target: str, value: object, message: str) -> None:
    """The message has the value and the metric's range, and takes a percentage for what it is."""
    with pytest.raises(OptionError) as caught:
        Threshold.of(target, value, GLUE)
    assert message == str(caught.value)
