"""The matrix of tasks and checkpoints."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pytest_glue.core.evaluation import Evaluation


@dataclass(frozen=True, slots=True)
class Cell:
    """The score of a checkpoint on a task."""

    score: float | None
    interval: tuple[float, float] | None
    verdict: str
    nodeid: str
    mark: str
    """`best`, `tied for best`, or empty."""


@dataclass(frozen=True, slots=True)
class Row:
    """A task with the cell of each checkpoint; None where there is no evaluation."""

    task: str
    metric: str
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True, slots=True)
class Average:
    """The average of a checkpoint over the ranked tasks."""

    value: float
    interval: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Matrix:
    """Scores by task and checkpoint, both sorted by name."""

    checkpoints: tuple[str, ...]
    rows: tuple[Row, ...]
    averages: tuple[Average | None, ...]
    """Of each checkpoint; empty if fewer than two tasks are ranked."""
    is_ranked: bool
    """Whether best and tied checkpoints are known."""


def matrix_of(evaluations: Sequence[Evaluation], ranks: Mapping[str, Any] | None) -> Matrix | None:
    """Return the matrix; None with fewer than two checkpoints.

    Args:
        evaluations: of one test run.
        ranks: the part of its report.
    """
    checkpoints = tuple(sorted({each.checkpoint.label for each in evaluations}))
    if len(checkpoints) < 2:
        return None
    found = {(each.task, each.checkpoint.label): each for each in sorted(evaluations, key=lambda each: each.nodeid)}
    best = {each["task"]: tuple(each["best"]) for each in (ranks or {}).get("tasks", ())}
    averages = {each["checkpoint"]: each for each in (ranks or {}).get("average", ())}
    metrics = {each.task: each.headline_metric for each in evaluations}
    rows = tuple(
        Row(task, metrics[task], tuple(_cell(found.get((task, label)), best.get(task, ())) for label in checkpoints))
        for task in sorted(metrics)
    )
    shown = tuple(_average(averages.get(label)) for label in checkpoints) if averages else ()
    return Matrix(checkpoints, rows, shown, is_ranked=ranks is not None)


def _cell(evaluation: Evaluation | None, best: Sequence[str]) -> Cell | None:
    if evaluation is None:
        return None
    is_best = evaluation.checkpoint.label in best or str(evaluation.checkpoint) in best
    mark = ("best" if len(best) == 1 else "tied for best") if is_best else ""
    interval = evaluation.confidence_interval
    return Cell(evaluation.score, interval, str(evaluation.verdict), evaluation.nodeid, mark)


def _average(given: Mapping[str, Any] | None) -> Average | None:
    return None if given is None else Average(given["value"], (given["low"], given["high"]))
