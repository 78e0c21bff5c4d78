"""The content of each chart in words, for those who do not see it."""

from collections.abc import Callable, Sequence

from pytest_glue.core.error_analysis import CalibrationBin, ConfusionMatrix, ResidualBin
from pytest_glue.core.evaluation import Evaluation
from pytest_glue.core.formatting import decimal
from pytest_glue.core.runs import Epoch
from pytest_glue.core.study import Study
from pytest_glue.reports.bounds import differences_of


def differences(evaluation: Evaluation) -> str:
    found = differences_of(evaluation)
    return "; ".join(f"{name}: {decimal(value, '+')}{_interval(interval)}" for name, value, interval in found)


def _interval(interval: Sequence[float] | None) -> str:
    return "" if interval is None else f" ({decimal(interval[0], '+')} to {decimal(interval[1], '+')})"


def scores(evaluation: Evaluation) -> str:
    metric, recorded = evaluation.headline_metric, evaluation.baseline or {}
    found = [f"seed {run.seed}: {decimal(run.metrics[metric])}" for run in evaluation.runs]
    if scores := recorded.get("baseline_scores"):
        found.append(f"{recorded['name']}: {', '.join(map(decimal, scores))}")
    return "; ".join(found)


def learning_curves(evaluation: Evaluation) -> str:
    return _curves(evaluation, lambda epoch: epoch.metrics.get(evaluation.headline_metric))


def losses(evaluation: Evaluation) -> str:
    return _curves(evaluation, lambda epoch: epoch.evaluation_loss)


def _curves(evaluation: Evaluation, value_of: Callable[[Epoch], float | None]) -> str:
    """Return the values of each run after each epoch."""
    return "; ".join(
        f"seed {run.seed}: {', '.join(decimal(value_of(epoch)) for epoch in run.history)}" for run in evaluation.runs
    )


def confusion(matrix: ConfusionMatrix) -> str:
    return "; ".join(
        f"{gold} predicted as {', '.join(f'{name} {count}' for name, count in row)}"
        for gold, counts in zip(matrix.labels, matrix.counts, strict=True)
        if (row := [(name, count) for name, count in zip(matrix.labels, counts, strict=True) if count])
    )


def residuals(bins: Sequence[ResidualBin]) -> str:
    return "; ".join(
        f"gold value {decimal(each.low)} to {decimal(each.high)}: median {decimal(each.quantiles[2], '+')}, "
        f"90 % between {decimal(each.quantiles[0], '+')} and {decimal(each.quantiles[4], '+')}"
        for each in bins
    )


def calibration(bins: Sequence[CalibrationBin]) -> str:
    return "; ".join(
        f"mean probability {decimal(each.confidence)}: {decimal(each.accuracy)} right of {each.n_predictions}"
        for each in bins
    )


def trials(study: Study) -> str:
    return "; ".join(f"trial {each.number + 1}: {decimal(each.objective)}, {each.state}" for each in study.trials)


def importance(study: Study) -> str:
    return "; ".join(f"{name}: {share:.0%}" for name, share in study.importance.items())
