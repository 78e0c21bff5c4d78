"""The tasks' metrics as an `evaluate.Metric` that needs no network."""

from typing import Any

import datasets
import evaluate
from numpy.typing import ArrayLike

from pytest_glue.core.tasks import GLUE, Task, find_task
from pytest_glue.statistics.metrics import compute


class GlueMetric(evaluate.Metric):  # type: ignore[misc]
    """The metrics of one task, equal to those of `evaluate.load("glue", task)`.

    `GlueMetric("mrpc").compute(predictions=[...], references=[...])` returns `{"accuracy": ..., "f1": ...}`, with NaN
    for an undefined metric. It accepts all task names, also `mnli-mm`.
    """

    def __init__(self, task: str | Task, **kwargs: Any) -> None:
        self.task = find_task(task) if isinstance(task, str) else task
        super().__init__(config_name=self.task.name, keep_in_memory=True, **kwargs)

    def _info(self) -> evaluate.MetricInfo:
        kind = datasets.Value("float64")  # also for classes, so that NaN can stand for a missing prediction
        return evaluate.MetricInfo(
            description=f"{', '.join(self.task.metrics)} of the task {self.task.name}",
            citation="",
            inputs_description="predictions and references: lists of equal length, one entry for each example",
            features=datasets.Features({"predictions": kind, "references": kind}),
            reference_urls=["https://gluebenchmark.com/"] if self.task.name in GLUE else [],
        )

    def _compute(self, *, predictions: ArrayLike, references: ArrayLike) -> dict[str, float]:
        return compute(self.task, predictions, references)
