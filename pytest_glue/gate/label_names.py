"""Names of labels for a reader."""

import math

from pytest_glue.core.formatting import decimal
from pytest_glue.core.tasks import Task


def label_name(task: Task, label: float) -> str:
    """Return a label, a set of labels or a number as a reader knows it."""
    if not math.isfinite(label):
        return "no number"
    if task.is_regression:
        return decimal(label)
    if task.is_multi_label:
        return ", ".join(name for index, name in enumerate(task.labels) if int(label) >> index & 1) or "no label"
    return task.labels[int(label)] if label < len(task.labels) else "another label"
