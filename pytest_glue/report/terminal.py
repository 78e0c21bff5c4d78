"""The table at the end of a test run."""

from collections.abc import Sequence
from itertools import chain

from pytest_glue.evaluation import Evaluation, Verdict

_COLUMNS = ("task", "checkpoint", "metric", "score", "threshold", "difference", "time", "verdict")
_LEFT = ("task", "checkpoint", "metric", "verdict")


def table(evaluations: Sequence[Evaluation]) -> list[tuple[str, Verdict | None]]:
    """Return the lines, each with the verdict that colours it; the header has none.

    A threshold in brackets is no threshold but what knowing nothing scores.
    """
    rows = [_row(evaluation) for evaluation in evaluations]
    widths = [max(len(cell) for cell in column) for column in zip(_COLUMNS, *rows, strict=True)]
    lines = [_line(_COLUMNS, widths), *(_line(row, widths) for row in rows)]
    return list(zip(lines, chain([None], (evaluation.verdict for evaluation in evaluations)), strict=True))


def notes(evaluations: Sequence[Evaluation]) -> list[str]:
    """Return what a reader should know beside the table, each once."""
    distinct = dict.fromkeys((note, each.checkpoint.label) for each in evaluations for note in each.notes)
    return [f"{checkpoint}: {note}" for note, checkpoint in distinct]


def seconds(duration_s: float) -> str:
    """Return a duration as a person reads it."""
    if round(duration_s, 1) < 60:
        return f"{duration_s:.1f} s"
    minutes, rest = divmod(round(duration_s), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s"


def _row(evaluation: Evaluation) -> tuple[str, ...]:
    bound = evaluation.chance if evaluation.threshold is None else evaluation.threshold
    return (
        evaluation.task,
        evaluation.checkpoint.label,
        evaluation.headline_metric,
        "undefined" if evaluation.score is None else f"{evaluation.score:.3f}",
        f"({bound:.3f})" if evaluation.threshold is None else f"{bound:.3f}",
        "" if evaluation.score is None else f"{evaluation.score - bound:+z.3f}",
        seconds(evaluation.duration_s),
        evaluation.verdict,
    )


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    aligned = (
        cell.ljust(width) if name in _LEFT else cell.rjust(width)
        for name, cell, width in zip(_COLUMNS, cells, widths, strict=True)
    )
    return "  ".join(aligned).rstrip()
