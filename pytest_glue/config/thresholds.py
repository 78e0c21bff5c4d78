"""Thresholds: the floors that a user sets for metrics of tasks."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from pytest_glue.core.errors import OptionError, closest
from pytest_glue.core.metrics import METRICS
from pytest_glue.core.tasks import Task, find_task


@dataclass(frozen=True, slots=True)
class Threshold:
    """The lowest score of a metric that passes."""

    task: str
    metric: str
    value: float

    @classmethod
    def of(cls, target: str, value: object, tasks: Mapping[str, Task]) -> "Threshold":
        """Make the threshold of a target, `TASK` or `TASK:METRIC`; without a metric, of the headline metric.

        Raises:
            OptionError: the task or metric is not there, or the value is outside the metric's range.
        """
        name, colon, metric = target.partition(":")
        task = find_task(name, tasks)
        metric = metric if colon else task.headline_metric
        if metric not in task.metrics:
            message = f"task {name!r} has no metric {metric!r}: {closest(metric, task.metrics)}"
            raise OptionError(message)
        return cls(name, metric, _in_range(value, metric, target))

    @classmethod
    def parse(cls, text: str, tasks: Mapping[str, Task]) -> "Threshold":
        """Read `TASK=VALUE` or `TASK:METRIC=VALUE`.

        Raises:
            OptionError: the text is of another form, or as for `of`.
        """
        target, equals, value = text.partition("=")
        if not equals:
            message = f"{text!r} is not of the form TASK=VALUE or TASK:METRIC=VALUE"
            raise OptionError(message)
        return cls.of(target.strip(), value.strip(), tasks)


def _in_range(value: object, metric: str, target: str) -> float:
    low, high = METRICS[metric].low, METRICS[metric].high
    try:
        number = float(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else math.nan
    except ValueError:
        number = math.nan
    if not low <= number <= high:
        message = f"{target}={value}: {metric} is a number from {low:g} to {high:g}" + _percent_hint(number, high)
        raise OptionError(message)
    return number


def _percent_hint(number: float, high: float) -> str:
    return f" (a fraction: did you mean {number / 100:g}?)" if high < number <= 100 else ""
