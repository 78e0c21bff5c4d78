"""Thresholds: the lowest scores that pass, or the highest where lower is better, by task and metric."""

import math
import re
from collections.abc import Mapping

from pytest_glue.config.values import number
from pytest_glue.core.errors import OptionError, closest
from pytest_glue.core.metrics import METRICS, Metric
from pytest_glue.core.slices import join_target
from pytest_glue.core.tasks import GLUE, Task, own_or_known

Threshold = tuple[tuple[str, str], float]
"""(task, metric), and the lowest score of the metric that passes, or the highest where lower is better. The task is
`TASK[SLICE]` for a slice.

The metric is empty for the headline metric of a user's own task, which is not known before its fixture is set up.
"""


_TARGET = re.compile(r"(?P<task>[^\[:]*)(\[(?P<slice>.*)\])?(:(?P<metric>.*))?", re.DOTALL)
_OF_A_SLICE = "for a slice, TASK[SLICE] stands for TASK"


def parse_threshold(text: str, tasks: Mapping[str, Task] = GLUE) -> Threshold:
    """Read `TASK=VALUE`, with `TASK:METRIC`, `TASK[SLICE]` or `TASK[SLICE]:METRIC` for `TASK`.

    Raises:
        OptionError: the text has another form, or see `threshold_of`.
    """
    target, equals, value = text.rpartition("=")
    if not equals or not _TARGET.fullmatch(target):
        raise OptionError(f"{text!r}: expected TASK=VALUE or TASK:METRIC=VALUE; {_OF_A_SLICE}")
    return threshold_of(target.strip(), value.strip(), tasks)


def split_thresholds(line: str) -> list[str]:
    """Return the comma-separated thresholds of a line; a comma in the name of a slice separates nothing."""
    return [text for text in re.split(r",(?![^\[]*\])", line) if text.strip()]


def threshold_of(target: object, value: object, tasks: Mapping[str, Task] = GLUE) -> Threshold:
    """Return the threshold of a target: a task, or one of its slices, with or without `:METRIC`.

    Without a metric, it is that of the task's headline metric. Which slices there are is known from the data only.

    Raises:
        OptionError: the task or the metric does not exist, or the value is outside the metric's range.
    """
    found = _TARGET.fullmatch(target) if isinstance(target, str) else None
    if found is None:
        raise OptionError(f"{target!r}: expected TASK or TASK:METRIC; {_OF_A_SLICE}")
    name, colon, metric = found["task"], found["metric"] is not None, found["metric"] or ""
    task, threshold = own_or_known(name, tasks), number(value)
    metric = metric if colon or task is None else task.headline_metric
    accepted = METRICS if task is None else task.metrics
    if metric not in accepted and (colon or task is not None):
        raise OptionError(f"task {name!r} has no metric {metric!r}: {closest(metric, accepted)}")
    check_range(f"{target}={value}", METRICS[metric] if metric else _UNKNOWN, threshold)
    return (join_target(name, found["slice"]), metric), threshold


_UNKNOWN = Metric("a score", -math.inf, math.inf)
"""The headline metric of a user's own task, whose range is checked once the task is known."""


def check_range(given: str, metric: Metric, threshold: float) -> None:
    """Check that a metric can have this score.

    Args:
        given: by the user, for the message.
        metric: of the threshold.
        threshold: the number.

    Raises:
        OptionError: it is outside the metric's range.
    """
    if not metric.is_score(threshold):
        is_percentage = metric.is_bounded and metric.high < threshold <= 100
        hint = f" (a fraction: did you mean {threshold / 100:g}?)" if is_percentage else ""
        raise OptionError(f"{given}: {metric.name} is {metric.range_text}{hint}")
