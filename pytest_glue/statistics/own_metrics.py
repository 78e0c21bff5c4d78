"""The scores and influences of a user's own metrics, which are functions of all predictions and references."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from scipy.special import softmax

from pytest_glue.core.errors import MetricError, ends_process
from pytest_glue.core.metrics import METRICS, Metric
from pytest_glue.core.own_metrics import function_of, is_path
from pytest_glue.core.tasks import Kind, Task
from pytest_glue.statistics.arrays import Floats

EXACT_JACKKNIFE = 2000
"""Up to so many examples, each is left out in turn."""
GROUPS = 1000
"""Of more examples, so many groups are left out in turn."""


def is_own(metric: str) -> bool:
    """Return whether the metric is the user's own."""
    return metric in METRICS and bool(METRICS[metric].source)


def own_score(metric: str, outputs: Floats, gold: Floats, kind: Kind | None) -> Floats:
    """Return the scores, shape (...), of predictions (..., n), or of logits (..., n, labels).

    Args:
        metric: a user's own.
        outputs: as for `metrics.score_aligned`.
        gold: references, which broadcast to (..., n).
        kind: of the task.

    Raises:
        MetricError: the function raised, or returned something else than a number in the range.
    """
    of_metric, lead = METRICS[metric], outputs.shape[: outputs.ndim - 1 - METRICS[metric].needs_probabilities]
    rows = [_call(of_metric, run, right, kind) for run, right in _runs(outputs, gold, lead)]
    return np.asarray(rows, np.float64).reshape(lead)


def own_influence(metric: str, outputs: Floats, gold: Floats, scores: Floats, kind: Kind | None) -> Floats:
    """Return each example's influence on each run's score, (..., n), by the jackknife.

    With n examples in g groups of equal size, it is sqrt((g - 1) (n - 1)) times the score less the score without the
    example's group, less the mean: then the variance of the mean over examples is that of the jackknife, or of the
    delete-group jackknife, (g - 1) / g times the sum of squares of the scores without a group around their mean (Efron
    and Tibshirani 1993, *An Introduction to the Bootstrap*, chapter 11). Up to `EXACT_JACKKNIFE` examples, each is a
    group; the groups of more are drawn at random, the same for each run, so that differences of runs are paired.

    Args:
        metric: a user's own.
        outputs: as for `own_score`.
        gold: references, which broadcast to (..., n).
        scores: shape (...), from `own_score`.
        kind: of the task.

    Raises:
        MetricError: the function raised without some of the examples.
    """
    of_metric, n = METRICS[metric], gold.shape[-1]
    lead = outputs.shape[: outputs.ndim - 1 - of_metric.needs_probabilities]
    found = [
        np.full(n, np.nan) if np.isnan(whole) else _jackknife(of_metric, *_frozen(run), *_frozen(right), kind)
        for (run, right), whole in zip(_runs(outputs, gold, lead), scores.ravel(), strict=True)
    ]
    return np.asarray(found, np.float64).reshape(*lead, n)


def check_own_metrics(task: Task, references: Sequence[float]) -> None:
    """Check, before anything is trained, that a task's own metrics can score predictions that are all right.

    Args:
        task: names the metrics.
        references: gold labels of the evaluation examples.

    Raises:
        MetricError: one cannot.
    """
    gold = np.asarray(references, np.float64)
    for metric in filter(is_own, task.metrics):
        logits = 8.0 * (gold[:, np.newaxis] == np.arange(task.num_labels))
        own_score(metric, logits if METRICS[metric].needs_probabilities else gold, gold, task.kind)


def _runs(outputs: Floats, gold: Floats, lead: tuple[int, ...]) -> list[tuple[Floats, Floats]]:
    """Return the outputs and references of each run."""
    rows = outputs.reshape(-1, *outputs.shape[len(lead) :])
    return list(zip(rows, np.broadcast_to(gold, (*lead, gold.shape[-1])).reshape(-1, gold.shape[-1]), strict=True))


def _frozen(values: Floats) -> tuple[bytes, tuple[int, ...]]:
    return np.ascontiguousarray(values).tobytes(), values.shape


@lru_cache(maxsize=64)
def _jackknife(
    metric: Metric, run: bytes, shape: tuple[int, ...], right: bytes, right_shape: tuple[int, ...], kind: Kind | None
) -> Floats:
    """Return the influences of one run, (n,). They are kept, since a verdict asks several times."""
    outputs, gold = np.frombuffer(run).reshape(shape), np.frombuffer(right).reshape(right_shape)
    n = gold.size
    n_groups = n if n <= EXACT_JACKKNIFE else GROUPS
    groups = np.arange(n) if n_groups == n else np.random.default_rng(0).permutation(n) % n_groups
    without = np.array(
        [_call(metric, outputs[groups != group], gold[groups != group], kind) for group in range(n_groups)]
    )
    # An undefined score, such as one without the only example of a class, says nothing about the group.
    apart = np.nan_to_num(np.nanmean(without) - without) if not np.isnan(without).all() else np.zeros(n_groups)
    each = np.sqrt((n_groups - 1) * (n - 1)) * apart[groups]
    return np.asarray(each - each.mean(), np.float64)


def _call(metric: Metric, outputs: Floats, gold: Floats, kind: Kind | None) -> float:
    """Return the score of one run; NaN if the function returns NaN or infinity."""
    values = softmax(outputs, axis=-1) if metric.needs_probabilities else _as_labels(outputs, kind)
    try:
        found = _function(metric)(values, _as_labels(gold, kind))
    except (Exception, SystemExit) as error:  # a user's function can raise anything
        if ends_process(error):
            raise
        cause = f"{type(error).__name__}: {' '.join(str(error).split())}"
        raise MetricError(f"the metric {metric.name!r} raised {cause}, for {gold.size} examples") from error
    is_number = isinstance(found, int | float | np.number) or (isinstance(found, np.ndarray) and not found.ndim)
    if not is_number or isinstance(found, bool):
        text = repr(found)[:80]
        raise MetricError(f"the metric {metric.name!r} returned {text}, a {type(found).__name__}; accepted: a number")
    score = float(found)
    if np.isfinite(score) and not metric.is_score(score):
        remedy = "correct the function, or its attributes low and high"
        raise MetricError(f"the metric {metric.name!r} returned {score!r}, and it is {metric.range_text}: {remedy}")
    return score if np.isfinite(score) else np.nan


def _as_labels(values: Floats, kind: Kind | None) -> Any:
    """Return classes as integers, which users expect, and numbers as they are."""
    if kind is Kind.REGRESSION or (values != np.round(values)).any():
        return values
    return values.astype(np.int64)


def _function(metric: Metric) -> Callable[[Any, Any], Any]:
    return _of_evaluate(metric) if is_path(metric.name) else function_of(metric)


@lru_cache(maxsize=8)
def _of_evaluate(metric: Metric) -> Callable[[Any, Any], Any]:
    """Return the function of an `evaluate` metric, without the table that `compute` writes for each call."""
    import evaluate

    module = evaluate.load(metric.source, keep_in_memory=True)

    def compute(predictions: Any, references: Any) -> Any:
        found = module._compute(predictions=predictions, references=references)
        if not isinstance(found, dict) or not found:
            return found
        return found.get(module.name, next(iter(found.values())))

    return compute
