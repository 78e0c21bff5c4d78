"""Detects broken runs (a NaN loss, constant predictions, collapse), as opposed to runs with low scores."""

import math
from collections.abc import Iterable, Sequence

from pytest_glue.core.formatting import name_seeds
from pytest_glue.core.runs import Run
from pytest_glue.core.tasks import Task


def diagnose(task: Task, runs: Sequence[Run], references: Sequence[float]) -> list[str]:
    """Return a clause for each kind of defect, which names the seeds; nothing for healthy runs.

    A run diverged if a loss or a prediction is not finite. It is constant if it predicts the same for every example.
    Its loss never fell if no epoch has a lower one than the first. It collapsed if it learned nothing while the other
    seeds did. Each seed is named once, for its first defect in this order.
    """
    from pytest_glue.statistics.diagnostics import collapsed, constant_predictions, never_moved

    finite = [run for run in runs if all(map(math.isfinite, run.predictions))]
    predictions = [run.predictions for run in finite]
    constant: Iterable[bool] = constant_predictions(predictions) if finite else ()
    comparable = len(finite) > 2 and len(references) > 1
    fallen: Iterable[bool] = (
        collapsed(task.headline_metric, predictions, references) if comparable else [False] * len(finite)
    )
    defects = {
        "diverged (loss is NaN)": [_diverged(run) for run in runs],
        "predicted NaN or infinity": [run not in finite for run in runs],
        "predicted the same for every example": _among(finite, constant, runs),
        "learned nothing while the other seeds did": _among(finite, fallen, runs),
        "never lowered the training loss": [never_moved(_losses(run)) for run in runs],
    }
    named: set[int] = set()
    clauses = []
    for defect, flags in defects.items():
        seeds = [run.seed for run, flag in zip(runs, flags, strict=True) if flag and run.seed not in named]
        named.update(seeds)
        if seeds:
            clauses.append(f"{name_seeds(seeds)} {defect} ({len(seeds)} of {len(runs)})")
    return clauses


def all_constant(runs: Sequence[Run]) -> bool:
    """Return whether each run predicts the same for every example, as it would without an input."""
    from pytest_glue.statistics.diagnostics import constant_predictions

    return bool(constant_predictions([run.predictions for run in runs]).all())


def _among(finite: Sequence[Run], flags: Iterable[bool], runs: Sequence[Run]) -> list[bool]:
    """Return the flags of the finite runs as flags of all runs, false for the others."""
    flagged = {run.seed for run, flag in zip(finite, flags, strict=True) if flag}
    return [run.seed in flagged for run in runs]


def _diverged(run: Run) -> bool:
    return any(epoch.evaluation_loss is None for epoch in run.history)  # None stands for a loss that is not finite


def _losses(run: Run) -> list[float]:
    return [epoch.loss for epoch in run.history if epoch.loss is not None]
