"""Thresholds: the lowest scores that pass, by task and metric."""

from pytest_glue.config.values import number
from pytest_glue.core.errors import OptionError, closest
from pytest_glue.core.metrics import METRICS
from pytest_glue.core.tasks import find_task

Threshold = tuple[tuple[str, str], float]
"""(task, metric), and the lowest score of the metric that passes."""


def parse_threshold(text: str) -> Threshold:
    """Read `TASK=VALUE` or `TASK:METRIC=VALUE`.

    Raises:
        OptionError: the text has another form, or see `threshold_of`.
    """
    target, equals, value = text.partition("=")
    if not equals:
        raise OptionError(f"{text!r}: expected TASK=VALUE or TASK:METRIC=VALUE")
    return threshold_of(target.strip(), value.strip())


def threshold_of(target: object, value: object) -> Threshold:
    """Return the threshold of a target: `TASK:METRIC`, or `TASK` for its headline metric.

    Raises:
        OptionError: the task or the metric does not exist, or the value is outside the metric's range.
    """
    if not isinstance(target, str):
        raise OptionError(f"{target!r}: expected TASK or TASK:METRIC")
    name, colon, metric = target.partition(":")
    task = find_task(name)
    metric = metric if colon else task.headline_metric
    if metric not in task.metrics:
        raise OptionError(f"task {name!r} has no metric {metric!r}: {closest(metric, task.metrics)}")
    low, high, threshold = METRICS[metric].low, METRICS[metric].high, number(value)
    if not low <= threshold <= high:
        hint = f" (a fraction: did you mean {threshold / 100:g}?)" if high < threshold <= 100 else ""
        raise OptionError(f"{target}={value}: {metric} is a number from {low:g} to {high:g}{hint}")
    return (name, metric), threshold
