"""The table of `pytest-glue tasks`."""

from collections.abc import Sequence
from dataclasses import dataclass

from pytest_glue.core.formatting import seconds
from pytest_glue.core.metrics import shown_metric
from pytest_glue.core.tasks import GLUE, Task
from pytest_glue.reports.table import Column, laid_out
from pytest_glue.reports.width import wrapped

_COLUMNS = (
    Column("task", is_name=True),
    Column("kind", omission=2),
    Column("metrics", is_name=True),
    Column("labels", is_right=True, omission=1),
    Column("train", is_right=True),
    Column("evaluate", "eval", is_right=True),
    Column("chance level", "chance", is_right=True),
    Column("time of a run", "time", is_right=True),
)
_UNKNOWN = "-"


@dataclass(frozen=True, slots=True)
class TaskFacts:
    """What is known of a task before anything is trained; None where it is not known."""

    task: Task
    """With its labels, if they are known."""
    n_train: int | None = None
    n_eval: int | None = None
    chance_level: float | None = None
    """Of the headline metric: the score of the best constant prediction."""
    is_least: bool = False
    """Whether that is only the chance level that is the easiest to beat, since the data is not on this machine."""
    expected_s: float | None = None
    """Of one run; None if nothing is trained."""
    problem: str = ""
    """Why the data cannot be used; empty if it can, or if it is not on this machine."""

    def plain(self) -> dict[str, object]:
        """Return the facts as plain data."""
        task = self.task
        return {
            "name": task.name,
            "own": task.name not in GLUE,
            "kind": str(task.kind),
            "text_columns": list(task.text_columns),
            "labels": list(task.labels),
            "metrics": list(task.metrics),
            "headline_metric": task.headline_metric,
            "n_train": self.n_train,
            "n_eval": self.n_eval,
            "chance_level": self.chance_level,
            "is_least_chance_level": self.is_least,
            "expected_s": self.expected_s,
            "problem": self.problem or None,
        }


def task_lines(facts: Sequence[TaskFacts], checkpoint: str, *, is_measured: bool, width: int | None) -> list[str]:
    """Return the table, and what its numbers are.

    Args:
        facts: of each task.
        checkpoint: whose time is expected.
        is_measured: whether the time is based on runs of this project.
        width: of the terminal; None for any.
    """
    texts = ["chance level: of the first metric, for always predicting the same"]
    if any(each.is_least for each in facts):
        texts[0] += "; ≥: it may be higher, since the data is not on this machine"
    if any(each.expected_s is not None for each in facts):
        source = "from the runs that this project recorded" if is_measured else "a rough estimate for two CPU cores"
        texts.append(f"time of a run: one seed of {checkpoint}, {source}")
    return [
        *laid_out(_COLUMNS, [_row(each) for each in facts], width).lines,
        *(line for text in texts for line in wrapped(text, width)),
    ]


def _row(facts: TaskFacts) -> tuple[str, ...]:
    task = facts.task
    return (
        task.name,
        str(task.kind),
        ", ".join(task.metrics),
        str(len(task.labels)) if task.labels else _UNKNOWN,
        _count(facts.n_train),
        _count(facts.n_eval),
        _chance(facts),
        _UNKNOWN if facts.expected_s is None else seconds(facts.expected_s),
    )


def _count(number: int | None) -> str:
    return _UNKNOWN if number is None else f"{number:,}"


def _chance(facts: TaskFacts) -> str:
    if facts.chance_level is None:
        return _UNKNOWN
    metric = shown_metric(facts.task.headline_metric)
    return f"{metric.limit_sign if facts.is_least else ''}{metric.text(facts.chance_level)}"
