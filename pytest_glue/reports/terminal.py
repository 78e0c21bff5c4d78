"""The table at the end of a test run."""

from collections import defaultdict
from collections.abc import Sequence
from itertools import chain

from pytest_glue.core.evaluation import Evaluation, Verdict
from pytest_glue.core.formatting import columns, seconds

_COLUMNS = ("task", "checkpoint", "metric", "score", "compared with", "difference", "time", "verdict")
_RIGHT = ("score", "compared with", "difference", "time")


def table(evaluations: Sequence[Evaluation]) -> list[tuple[str, Verdict | None]]:
    """Return the lines, each with the verdict that colours it; the header has none.

    A number in brackets is no threshold but what knowing nothing scores.
    """
    lines = columns(_COLUMNS, [_row(evaluation) for evaluation in evaluations], right=_RIGHT)
    return list(zip(lines, chain([None], (evaluation.verdict for evaluation in evaluations)), strict=True))


def notes(evaluations: Sequence[Evaluation]) -> list[str]:
    """Return what a reader should know beside the table: each note once, with the items that it is about."""
    items: dict[str, list[str]] = defaultdict(list)
    for evaluation in evaluations:
        for note in evaluation.notes:
            items[note].append(evaluation.task)
    return [f"{_named(tasks, len(evaluations))}: {note}" for note, tasks in items.items()]


def _named(tasks: Sequence[str], n_evaluations: int) -> str:
    return "all" if len(tasks) == n_evaluations > 1 else ", ".join(dict.fromkeys(tasks))


def _row(evaluation: Evaluation) -> tuple[str, ...]:
    bound, text = _bound(evaluation)
    at_least = "≥" if evaluation.n_stopped else ""
    return (
        evaluation.task,
        evaluation.checkpoint.label,
        evaluation.headline_metric,
        "undefined" if evaluation.score is None else f"{at_least}{evaluation.score:.3f}",
        text,
        "" if evaluation.score is None else f"{at_least}{round(evaluation.score - bound, 3) + 0.0:+.3f}",
        _time(evaluation),
        evaluation.verdict,
    )


def _time(evaluation: Evaluation) -> str:
    """Return how long the item took, or that none or not all of its runs had to be trained."""
    cached, runs = evaluation.n_cached, len(evaluation.runs)
    if cached == runs:
        return "cached"
    return seconds(evaluation.duration_s) + (f" ({cached} of {runs} cached)" if cached else "")


def _bound(evaluation: Evaluation) -> tuple[float, str]:
    """Return what the score is shown against: baseline before threshold before knowing nothing."""
    if evaluation.baseline is not None:
        bound = float(evaluation.baseline["baseline_score"])
        return bound, f"{evaluation.baseline['name']} {bound:.3f}"
    if evaluation.threshold is not None:
        return evaluation.threshold, f"{evaluation.threshold:.3f}"
    return evaluation.chance, f"({evaluation.chance:.3f})"
