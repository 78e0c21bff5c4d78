"""The metrics' computation, as functions of arrays.

scikit-learn is imported by those that need it: it takes longer than most scores do.
"""

import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from pytest_glue.core.tasks import Task


def accuracy(predictions: NDArray[Any], references: NDArray[Any]) -> float:
    """Share of equal pairs; NaN for none. Both of shape (n,)."""
    return float(np.mean(predictions == references)) if len(references) else np.nan


def f1(predictions: NDArray[Any], references: NDArray[Any]) -> float:
    """F1 of class 1; NaN if class 1 is neither predicted nor there. Both of shape (n,)."""
    if not len(references):
        return np.nan
    from sklearn.metrics import f1_score

    return float(f1_score(references, predictions, zero_division=np.nan))


def matthews_correlation(predictions: NDArray[Any], references: NDArray[Any]) -> float:
    """Matthews correlation; NaN where either side is constant (0/0; scikit-learn says 0 there). Both of shape (n,)."""
    if _constant(predictions) or _constant(references):
        return np.nan
    from sklearn.metrics import matthews_corrcoef

    return float(matthews_corrcoef(references, predictions))


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


def _constant(values: NDArray[Any]) -> bool:
    return len(values) == 0 or bool(np.all(values == values[0]))


def _correlation(function: Callable[..., Any], predictions: NDArray[Any], references: NDArray[Any]) -> float:
    if len(references) < 2 or _constant(predictions) or _constant(references):
        return np.nan
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", stats.NearConstantInputWarning)
        return float(function(predictions, references).statistic)
