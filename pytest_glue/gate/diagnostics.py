"""Finds runs that failed to train (constant predictions, a collapse), as opposed to runs with low scores."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pytest_glue.core.chance_bound import chance_bound
from pytest_glue.core.formatting import name_seeds
from pytest_glue.core.metrics import METRICS, find_metric
from pytest_glue.core.runs import Run
from pytest_glue.core.tasks import Task
from pytest_glue.core.verdict import FailedRun
from pytest_glue.gate.baseline import MIN_EXAMPLES, Baseline

CONSTANT = "predicted the same for every example"
NEARLY_CONSTANT = "predicted nearly the same for every example"
DIVERGED = "diverged (loss is NaN)"
NOT_FINITE = "predicted NaN or infinity"
COLLAPSED = "learned nothing while other runs did"
LATE = "diverged (loss is NaN), but learned in another epoch"
NEVER_MOVED = "never lowered the training loss"


def find_failed_runs(
    task: Task, runs: Sequence[Run], references: Sequence[float], others: Sequence[Run] = ()
) -> tuple[FailedRun, ...]:
    """Return the runs that failed to train, each with its first reason in this order.

    A run failed if a prediction is not finite; if it predicts the same, or nearly the same, for every example; if it
    learned nothing while other runs did; or if it is at chance and its loss is not finite or never fell.
    (`statistics.diagnostics` has the rules.) A low score alone is no failure.

    Args:
        task: of the item.
        runs: with seeds that differ.
        references: gold labels, one for each evaluation example.
        others: of the other side of a comparison, with which a collapse is compared.
    """
    finite = [run for run in runs if is_finite(run, references)]
    reasons = {run.seed: DIVERGED if _diverged(run) else NOT_FINITE for run in runs}
    for run in finite:
        del reasons[run.seed]
    defects = _defects(task, finite, references, others) if finite else {}
    for reason, flags in defects.items():
        for run, flag in zip(finite, flags, strict=True):
            if flag:
                reasons.setdefault(run.seed, reason)
    return tuple(FailedRun(run.seed, reasons[run.seed]) for run in runs if run.seed in reasons)


def _defects(
    task: Task, runs: Sequence[Run], references: Sequence[float], others: Sequence[Run]
) -> dict[str, Iterable[bool]]:
    """Return which of the runs, whose predictions are finite, have which defect, the most telling one first."""
    import numpy as np

    from pytest_glue.statistics import diagnostics

    predictions, metric = [run.predictions for run in runs], task.headline_metric
    if task.is_regression and not find_metric(metric).is_correlation:
        metric = "pearson"
    same = diagnostics.constant_predictions(predictions)
    if len(references) < MIN_EXAMPLES:
        return {DIVERGED: map(_diverged, runs), CONSTANT: same}
    unknown = np.array([not _has_good_probabilities(task, run, references) for run in runs])
    nearly = diagnostics.nearly_constant(predictions, references, is_regression=task.is_regression)
    compared = [run.predictions for run in others if is_finite(run, references)] or None
    predicted, gold, others_predicted = (_by_label(task, each) for each in (predictions, references, compared))
    chance = diagnostics.at_chance(metric, predicted, gold) & unknown
    return {
        DIVERGED: chance & [_diverged(run) for run in runs],
        CONSTANT: same & unknown,
        NEARLY_CONSTANT: nearly & unknown,
        COLLAPSED: diagnostics.collapsed(metric, predicted, gold, others_predicted) & unknown,
        NEVER_MOVED: chance & [diagnostics.never_moved(_losses(run)) for run in runs],
    }


def _has_good_probabilities(task: Task, run: Run, references: Sequence[float]) -> bool:
    """Return whether a headline metric of probabilities is beyond chance.

    Such a run has learned something, even if it predicts the same class for every example: of a rare class, no
    probability may reach one half.
    """
    metric = METRICS.get(task.headline_metric)
    score = run.metrics.get(task.headline_metric)
    if metric is None or not metric.needs_probabilities or score is None:
        return False
    bound = chance_bound(metric.name, references, kind=task.kind)
    return bound is not None and metric.sign * (score - bound) > 0


def _by_label(task: Task, labels: Any) -> Any:
    """Return sets of labels as one class, 0 or 1, for each label of each example; other labels as they are."""
    from pytest_glue.statistics.arrays import label_matrix

    return label_matrix(labels, task.num_labels) if task.is_multi_label and labels is not None else labels


@dataclass(frozen=True, slots=True)
class ExaminedRuns:
    """The runs of one side, divided into those that trained and those that failed."""

    trained: tuple[Run, ...]
    failed: tuple[FailedRun, ...]
    clauses: tuple[str, ...] = ()
    """What is wrong with runs; each names its seeds."""

    @property
    def count(self) -> int:
        """The number of all runs."""
        return len(self.trained) + len(self.failed)


def examine(
    task: Task,
    runs: Sequence[Run],
    references: Sequence[float],
    others: Sequence[Run] = (),
    *,
    is_fixed: bool = False,
) -> ExaminedRuns:
    """Divide runs into those that trained and those that failed; see `find_failed_runs`.

    On a report-only task, fine-tuning does not beat constant predictions; and for a fixed model, there is no training
    that could fail. There, only a run whose predictions are not finite counts as failed.

    Args:
        task: of the item.
        runs: with seeds that differ.
        references: gold labels, one for each evaluation example.
        others: of the other side of a comparison, with which a collapse is compared.
        is_fixed: whether the only run is a fixed model.
    """
    found = failed = find_failed_runs(task, runs, references, () if is_fixed else others)
    if task.report_only or is_fixed:
        finite = {run.seed for run in runs if is_finite(run, references)}
        failed = tuple(each for each in found if each.seed not in finite)
    seeds, found_seeds = ({each.seed for each in group} for group in (failed, found))
    trained = tuple(run for run in runs if run.seed not in seeds)
    if is_fixed:
        return ExaminedRuns(trained, failed, tuple(f"the checkpoint {each.reason}" for each in found))
    late = [FailedRun(run.seed, LATE) for run in trained if run.seed not in found_seeds and _diverged(run)]
    return ExaminedRuns(trained, failed, tuple(describe([*found, *late], len(runs))))


def examine_baseline(task: Task, baseline: Baseline, references: Sequence[float]) -> ExaminedRuns:
    """Divide the runs of a baseline, which are judged without the candidate's."""
    runs = [Run(each.seed, each.metrics, (), each.predictions, 0.0, logits=each.logits) for each in baseline.runs]
    return examine(task, runs, references, is_fixed=baseline.evaluate_only)


def describe(failed: Sequence[FailedRun], n_runs: int) -> list[str]:
    """Return a clause for each reason, which names the seeds, in the order of their first seed."""
    seeds_of: dict[str, list[int]] = {}
    for run in failed:
        seeds_of.setdefault(run.reason, []).append(run.seed)
    return [f"{name_seeds(seeds)} {reason} ({len(seeds)} of {n_runs})" for reason, seeds in seeds_of.items()]


def is_finite(run: Run, references: Sequence[float]) -> bool:
    """Return whether a run has a finite prediction for each example; a baseline records no others."""
    return len(run.predictions) == len(references) and all(map(math.isfinite, run.predictions))


def _diverged(run: Run) -> bool:
    return any(epoch.evaluation_loss is None for epoch in run.history)  # None stands for a loss that is not finite


def _losses(run: Run) -> list[float]:
    return [epoch.loss for epoch in run.history if epoch.loss is not None]
