"""Computes where the runs of an item are wrong."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_glue.core.error_analysis import (
    CalibrationBin,
    ConfusionMatrix,
    FlippedExample,
    GrownError,
    LabelScores,
    ResidualBin,
)
from pytest_glue.core.runs import Run
from pytest_glue.core.serialization import to_plain
from pytest_glue.core.tasks import Kind, Task
from pytest_glue.gate.diagnostics import ExaminedRuns
from pytest_glue.gate.label_names import label_name
from pytest_glue.gate.regression import Regression

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAX_LABELS = 50
"""A matrix of more labels is not read by anyone."""
MAX_FLIPPED = 50
_MAX_BINS = 10
_QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


def trained_runs(runs: Sequence[Run], failed: Collection[int]) -> list[Run]:
    """Return the runs that trained; all of them if none did.

    Args:
        runs: of an item.
        failed: the seeds of the runs that failed.
    """
    return [run for run in runs if run.seed not in failed] or list(runs)


def confusion_matrix(task: Task, runs: Sequence[Run], references: Sequence[float]) -> ConfusionMatrix | None:
    """Return the matrix of a classification; None for another task, or if there are more than `MAX_LABELS` labels.

    Args:
        task: of the item.
        runs: at least one.
        references: gold labels, one for each evaluation example.
    """
    if task.kind is not Kind.CLASSIFICATION or len(task.labels) > MAX_LABELS:
        return None
    found: Counter[tuple[str, str]] = Counter()
    for run in runs:
        pairs = Counter(zip(references, run.predictions, strict=True))
        for (gold, predicted), count in pairs.items():
            found[label_name(task, gold), label_name(task, predicted)] += count
    names = tuple(dict.fromkeys((*task.labels, *(name for pair in found for name in pair))))
    return ConfusionMatrix(names, tuple(tuple(found[row, column] for column in names) for row in names))


def label_scores(task: Task, runs: Sequence[Run], references: Sequence[float]) -> tuple[LabelScores, ...]:
    """Return how well each label is predicted, where there is no confusion matrix; empty for a regression.

    Args:
        task: of the item.
        runs: at least one.
        references: gold labels, one for each evaluation example.
    """
    if task.is_regression or not references or (not task.is_multi_label and len(task.labels) <= MAX_LABELS):
        return ()
    import numpy as np

    gold = np.asarray(references, np.float64)
    predicted = np.asarray([run.predictions for run in runs], np.float64)
    if not np.isfinite(predicted).all():
        return ()
    return tuple(
        _label_scores(name, *(_having(each, index, task) for each in (predicted, gold)))
        for index, name in enumerate(task.labels)
    )


def _having(labels: "NDArray[np.float64]", index: int, task: Task) -> "NDArray[np.bool_]":
    from pytest_glue.statistics.arrays import has_label

    return has_label(labels, index) if task.is_multi_label else labels == index


def _label_scores(name: str, predicted: "NDArray[np.bool_]", gold: "NDArray[np.bool_]") -> LabelScores:
    """Return the scores of a label, from where it is predicted, (runs, examples), and where it is a reference."""
    n_right, n_predicted, n_gold = int((predicted & gold).sum()), int(predicted.sum()), int(gold.sum())
    n_runs = len(predicted)
    return LabelScores(
        name,
        n_gold,
        n_predicted / n_runs,
        n_right / n_predicted if n_predicted else None,
        n_right / (n_gold * n_runs) if n_gold else None,
        2 * n_right / (n_predicted + n_gold * n_runs) if n_predicted + n_gold else None,
    )


def residuals(task: Task, runs: Sequence[Run], references: Sequence[float]) -> tuple[ResidualBin, ...]:
    """Return the residuals of a regression in at most ten ranges of gold values with about as many examples each.

    Empty for another task, or if a prediction is not finite.

    Args:
        task: of the item.
        runs: at least one.
        references: gold values, one for each evaluation example.
    """
    if not task.is_regression or not references:
        return ()
    import numpy as np

    gold = np.asarray(references, np.float64)
    found = np.asarray([run.predictions for run in runs], np.float64) - gold
    if not np.isfinite(found).all():
        return ()
    edges = np.unique(np.quantile(gold, np.linspace(0, 1, _MAX_BINS + 1)))
    bin_of = np.clip(np.searchsorted(edges, gold, side="right") - 1, 0, max(len(edges) - 2, 0))
    return tuple(
        ResidualBin(
            float(gold[bin_of == index].min()),
            float(gold[bin_of == index].max()),
            int((bin_of == index).sum()),
            tuple(float(each) for each in np.quantile(found[:, bin_of == index], _QUANTILES)),
        )
        for index in np.unique(bin_of)
    )


def calibration(task: Task, runs: Sequence[Run], references: Sequence[float]) -> tuple[CalibrationBin, ...]:
    """Return how often predictions are right by their probability, in at most ten bins; empty if no logits are kept.

    Args:
        task: of the item.
        runs: at least one.
        references: gold labels, one for each evaluation example.
    """
    kept = [run.logits for run in runs if run.logits is not None]
    if task.is_regression or len(kept) < len(runs) or not references:
        return ()
    import numpy as np

    from pytest_glue.statistics.arrays import label_matrix, probabilities
    from pytest_glue.statistics.logits import decode_logits

    logits = np.stack([decode_logits(each, len(references)) for each in kept])
    found = probabilities(logits, is_multi_label=task.is_multi_label)
    if task.is_multi_label:
        confidence, right = found.ravel(), np.tile(label_matrix(references, found.shape[-1]), len(runs))
    else:
        confidence = found.max(axis=-1).ravel()
        right = (found.argmax(axis=-1) == np.asarray(references)).astype(np.float64).ravel()
    if not np.isfinite(confidence).all():
        return ()
    bin_of = np.minimum((confidence * _MAX_BINS).astype(np.int64), _MAX_BINS - 1)
    return tuple(
        CalibrationBin(
            float(index) / _MAX_BINS,
            float(index + 1) / _MAX_BINS,
            int((bin_of == index).sum()),
            float(confidence[bin_of == index].mean()),
            float(right[bin_of == index].mean()),
        )
        for index in np.unique(bin_of)
    )


def flipped_examples(
    task: Task, indices: Sequence[int], runs: Sequence[Run], recorded: Sequence[Run], references: Sequence[float]
) -> tuple[FlippedExample, ...]:
    """Return the predictions of examples that got worse, in the given order; at most `MAX_FLIPPED`.

    Args:
        task: of the item.
        indices: of the examples.
        runs: of the candidate.
        recorded: of the baseline.
        references: gold labels, one for each evaluation example.
    """

    def predicted(side: Sequence[Run], index: int) -> dict[str, int]:
        names = Counter(label_name(task, run.predictions[index]) for run in side)
        return dict(sorted(names.items(), key=lambda pair: (-pair[1], pair[0])))

    return tuple(
        FlippedExample(index, label_name(task, references[index]), predicted(recorded, index), predicted(runs, index))
        for index in indices[:MAX_FLIPPED]
    )


def grown_errors(runs: Sequence[Run], recorded: Sequence[Run], references: Sequence[float]) -> tuple[GrownError, ...]:
    """Return the examples of a regression whose mean absolute error grew, the most first; at most `MAX_FLIPPED`.

    Args:
        runs: of the candidate; at least one.
        recorded: of the baseline; at least one.
        references: gold values, one for each evaluation example.
    """
    import numpy as np

    gold = np.asarray(references, np.float64)
    ours, theirs = (np.asarray([run.predictions for run in side], np.float64) for side in (runs, recorded))
    growth = np.abs(ours - gold).mean(axis=0) - np.abs(theirs - gold).mean(axis=0)
    worst = [int(index) for index in np.argsort(-growth, kind="stable")[:MAX_FLIPPED] if growth[index] > 0]
    return tuple(
        GrownError(index, float(gold[index]), tuple(theirs[:, index].tolist()), tuple(ours[:, index].tolist()))
        for index in worst
    )


def with_worse_examples(
    regression: Regression,
    task: Task,
    candidate: ExaminedRuns,
    baseline: ExaminedRuns,
    references: Sequence[float],
) -> Regression:
    """Return a comparison whose facts have the predictions of examples that got worse.

    Those are its negative flips, or the errors of a regression that grew most.

    Args:
        regression: the comparison.
        task: of the item.
        candidate: its runs.
        baseline: the baseline's runs.
        references: gold labels, one for each evaluation example.
    """
    if task.is_regression:
        errors = grown_errors(candidate.trained, baseline.trained, references)
        return replace(regression, facts={**regression.facts, "grown_errors": to_plain(errors)})
    flips = regression.facts["negative_flips"]
    if flips is None:
        return regression
    found = flipped_examples(task, flips["examples"], candidate.trained, baseline.trained, references)
    return replace(regression, facts={**regression.facts, "negative_flips": {**flips, "predictions": to_plain(found)}})
