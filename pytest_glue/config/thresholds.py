"""Thresholds: the lowest scores that pass, by task and metric."""

from collections.abc import Mapping

from pytest_glue.config.values import number
from pytest_glue.core.errors import OptionError, closest
from pytest_glue.core.metrics import METRICS
from pytest_glue.core.tasks import GLUE, Task, own_or_known

Threshold = tuple[tuple[str, str], float]
"""(task, metric), and the lowest score of the metric that passes.

The metric is empty for the headline metric of a user's own task, which is not known before its fixture is set up.
"""


def parse_threshold(text: str, tasks: Mapping[str, Task] = GLUE) -> Threshold:
    """Read `TASK=VALUE` or `TASK:METRIC=VALUE`.

    Raises:
        OptionError: the text has another form, or see `threshold_of`.
    """
    target, equals, value = text.partition("=")
    if not equals:
        raise OptionError(f"{text!r}: expected TASK=VALUE or TASK:METRIC=VALUE")
    return threshold_of(target.strip(), value.strip(), tasks)


def threshold_of(target: object, value: object, tasks: Mapping[str, Task] = GLUE) -> Threshold:
    """Return the threshold of a target: `TASK:METRIC`, or `TASK` for its headline metric.

    Raises:
        OptionError: the task or the metric does not exist, or the value is outside the metric's range.
    """
    if not isinstance(target, str):
        raise OptionError(f"{target!r}: expected TASK or TASK:METRIC")
    name, colon, metric = target.partition(":")
    task, threshold = own_or_known(name, tasks), number(value)
    metric = metric if colon or task is None else task.headline_metric
    accepted = METRICS if task is None else task.metrics
    if metric not in accepted and (colon or task is not None):
        raise OptionError(f"task {name!r} has no metric {metric!r}: {closest(metric, accepted)}")
    low, high = (METRICS[metric].low, METRICS[metric].high) if metric else (-1, 1)
    if not low <= threshold <= high:
        hint = f" (a fraction: did you mean {threshold / 100:g}?)" if high < threshold <= 100 else ""
        raise OptionError(f"{target}={value}: {metric or 'a score'} is a number from {low:g} to {high:g}{hint}")
    return (name, metric), threshold
