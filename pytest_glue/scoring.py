"""The metrics' computation, as functions of arrays and as an `evaluate.Metric` that needs no network."""

import warnings
from collections.abc import Callable, Mapping
from typing import Any

import datasets
import evaluate
import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats
from sklearn import metrics as sklearn_metrics

from pytest_glue.tasks import GLUE, Task, find_task


def accuracy(predictions: NDArray[Any], references: NDArray[Any]) -> float:
    """Share of equal pairs; NaN for none. Both of shape (n,)."""
    return float(np.mean(predictions == references)) if len(references) else np.nan


def f1(predictions: NDArray[Any], references: NDArray[Any]) -> float:
    """F1 of class 1; NaN if class 1 is neither predicted nor there. Both of shape (n,)."""
    if not len(references):
        return np.nan
    return float(sklearn_metrics.f1_score(references, predictions, zero_division=np.nan))


def matthews_correlation(predictions: NDArray[Any], references: NDArray[Any]) -> float:
    """Matthews correlation; NaN where either side is constant (0/0; scikit-learn says 0 there). Both of shape (n,)."""
    if _constant(predictions) or _constant(references):
        return np.nan
    return float(sklearn_metrics.matthews_corrcoef(references, predictions))


def pearson(predictions: NDArray[Any], references: NDArray[Any]) -> float:
    """Pearson correlation; NaN where either side is constant or holds NaN. Both of shape (n,)."""
    return _correlation(stats.pearsonr, predictions, references)


def spearmanr(predictions: NDArray[Any], references: NDArray[Any]) -> float:
    """Spearman's rank correlation; NaN where either side is constant or holds NaN. Both of shape (n,)."""
    return _correlation(stats.spearmanr, predictions, references)


FUNCTIONS: Mapping[str, Callable[[NDArray[Any], NDArray[Any]], float]] = {
    function.__name__: function for function in (accuracy, f1, matthews_correlation, pearson, spearmanr)
}


def compute(task: Task, predictions: ArrayLike, references: ArrayLike) -> dict[str, float]:
    """Return each metric of the task; NaN for one that is undefined, as all are where a prediction is no number.

    Args:
        task: says which metrics.
        predictions: shape (n,): class ids in the task's order, or numbers for a regression.
        references: shape (n,): gold labels.

    Raises:
        ValueError: the shapes differ.
    """
    predicted, gold = np.asarray(predictions, dtype=np.float64), np.asarray(references, dtype=np.float64)
    if predicted.shape != gold.shape or predicted.ndim != 1:
        message = f"predictions of shape {predicted.shape} and references of shape {gold.shape}: accepted is (n,) twice"
        raise ValueError(message)
    if not np.all(np.isfinite(predicted)):
        return dict.fromkeys(task.metrics, np.nan)
    return {name: FUNCTIONS[name](predicted, gold) for name in task.metrics}


class GlueMetric(evaluate.Metric):  # type: ignore[misc]
    """The metrics of one task, as `evaluate.load("glue", task)` would give them, without its network.

    `GlueMetric("mrpc").compute(predictions=[...], references=[...])` returns `{"accuracy": ..., "f1": ...}`; NaN where
    a metric is undefined. `mnli-mm` and the other names of `tasks.GLUE` are accepted.
    """

    def __init__(self, task: str | Task, **kwargs: Any) -> None:
        self.task = find_task(task) if isinstance(task, str) else task
        super().__init__(config_name=self.task.name, keep_in_memory=True, **kwargs)

    def _info(self) -> evaluate.MetricInfo:
        kind = datasets.Value("float64")  # classes too, so that a prediction that is no number can be said to be none
        return evaluate.MetricInfo(
            description=f"{', '.join(self.task.metrics)} of the task {self.task.name}",
            citation="",
            inputs_description="predictions and references: lists of equal length, one entry for each example",
            features=datasets.Features({"predictions": kind, "references": kind}),
            reference_urls=["https://gluebenchmark.com/"] if self.task.name in GLUE else [],
        )

    def _compute(self, *, predictions: ArrayLike, references: ArrayLike) -> dict[str, float]:
        return compute(self.task, predictions, references)


def _constant(values: NDArray[Any]) -> bool:
    return len(values) == 0 or bool(np.all(values == values[0]))


def _correlation(function: Callable[..., Any], predictions: NDArray[Any], references: NDArray[Any]) -> float:
    if len(references) < 2 or _constant(predictions) or _constant(references):
        return np.nan
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", stats.NearConstantInputWarning)
        return float(function(predictions, references).statistic)
