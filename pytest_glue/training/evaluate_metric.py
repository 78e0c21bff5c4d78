"""A task's metrics as an `evaluate.Metric` that needs no network."""

from typing import Any

import datasets
import evaluate
from numpy.typing import ArrayLike

from pytest_glue.core.errors import OptionError
from pytest_glue.core.metrics import needs_logits
from pytest_glue.core.tasks import GLUE, Task, find_task
from pytest_glue.statistics.metrics import compute


class GlueMetric(evaluate.Metric):  # type: ignore[misc]
    """The metrics of one task, as `evaluate.load("glue", task)`, but without downloading a script.

    `GlueMetric("mrpc").compute(predictions=[...], references=[...])` returns `{"accuracy": ..., "f1": ...}`, with NaN
    for a metric that is undefined.

    Args:
        task: a name of `core.tasks.GLUE`, such as "mnli-mm", or a task of your own.

    Raises:
        OptionError: an unknown name, or a task with a metric that needs probabilities, which `evaluate` does not pass.
    """

    def __init__(self, task: str | Task, **kwargs: Any) -> None:
        self.task = find_task(task) if isinstance(task, str) else task
        if needs_logits(self.task):
            metrics = ", ".join(self.task.metrics)
            message = f"{metrics} of {self.task.name!r} need logits: use pytest_glue.training.metrics.compute_metrics"
            raise OptionError(message)
        super().__init__(config_name=self.task.name, keep_in_memory=True, **kwargs)

    def _info(self) -> evaluate.MetricInfo:
        kind = datasets.Value("float64")  # for classes too, since a prediction can be NaN
        return evaluate.MetricInfo(
            description=f"{', '.join(self.task.metrics)} of the task {self.task.name}",
            citation="",
            inputs_description="predictions and references: lists of equal length, one value for each example",
            features=datasets.Features({"predictions": kind, "references": kind}),
            reference_urls=["https://gluebenchmark.com/"] if self.task.name in GLUE else [],
        )

    def _compute(self, *, predictions: ArrayLike, references: ArrayLike) -> dict[str, float]:
        return compute(self.task, predictions, references)
