"""The health of runs: what is broken about them, which is another thing than a low score."""

import math
from collections.abc import Iterable, Sequence

from pytest_glue.core.runs import Run
from pytest_glue.core.tasks import Task


def diagnose(task: Task, runs: Sequence[Run], references: Sequence[float]) -> list[str]:
    """Return what is broken, each as a clause that names the seeds; nothing for healthy runs.

    A run diverged if a loss or a prediction is no number; it is constant if it predicts the same for every example;
    its loss never moved if no epoch took it below the first; it collapsed if it learnt nothing while the others did.
    """
    from pytest_glue.statistics.diagnostics import collapsed, constant_predictions, never_moved

    sound = [run for run in runs if all(map(math.isfinite, run.predictions))]
    predictions = [run.predictions for run in sound]
    constant: Iterable[bool] = constant_predictions(predictions) if sound else ()
    told_apart = len(sound) > 2 and len(references) > 1
    fallen: Iterable[bool] = (
        collapsed(task.headline_metric, predictions, references) if told_apart else [False] * len(sound)
    )
    findings = {
        "lost its loss (NaN)": [_diverged(run) for run in runs],
        "predicts what is no number (NaN)": [run not in sound for run in runs],
        "predicts the same for every example": _among(sound, constant, runs),
        "learnt nothing while the others did": _among(sound, fallen, runs),
        "has a loss that never moved": [never_moved(_losses(run)) for run in runs],
    }
    told: set[int] = set()
    clauses = []
    for what, flags in findings.items():
        seeds = [run.seed for run, flag in zip(runs, flags, strict=True) if flag and run.seed not in told]
        told.update(seeds)
        if seeds:
            clauses.append(f"seed {', '.join(map(str, seeds))} {what} ({len(seeds)} of {len(runs)})")
    return clauses


def _among(sound: Sequence[Run], flags: Iterable[bool], runs: Sequence[Run]) -> list[bool]:
    """Return the flags of sound runs as flags of all runs, false for the others."""
    flagged = {run.seed for run, flag in zip(sound, flags, strict=True) if flag}
    return [run.seed in flagged for run in runs]


def _diverged(run: Run) -> bool:
    """Whether an epoch was evaluated to a loss that is no number."""
    return any(epoch.evaluation_loss is None for epoch in run.history)


def _losses(run: Run) -> list[float]:
    return [epoch.loss for epoch in run.history if epoch.loss is not None]
