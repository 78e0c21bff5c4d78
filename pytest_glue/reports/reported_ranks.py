"""Types of the JSON report: checkpoints compared with each other."""

from typing import Literal

from msgspec import Struct

from pytest_glue.reports.fields import PositiveCount


class Estimate(Struct):
    """A value with its 95 % interval."""

    value: float
    low: float
    high: float
    covers: Literal["examples and seeds", "examples"]


class RankedCheckpoint(Estimate):
    """The score of a checkpoint on a task."""

    checkpoint: str
    seeds: PositiveCount


class RankedPair(Estimate):
    """The difference of two checkpoints: the first minus the second."""

    first: str
    second: str
    p_value: float | None
    """Two-sided, with Holm's correction; null if the variance between seeds is unknown."""


class RankedAverage(Estimate):
    """The average of a checkpoint over the ranked tasks."""

    checkpoint: str
    tasks: PositiveCount


class RankedTask(Struct):
    """The checkpoints on one task."""

    task: str
    metric: str
    n_eval: PositiveCount
    scores: list[RankedCheckpoint]
    """Best first."""
    pairs: list[RankedPair]
    best: list[str]
    """The best checkpoint and those tied with it."""


class Ranks(Struct):
    """Checkpoints compared with each other."""

    alpha: float
    tasks: list[RankedTask]
    average: list[RankedAverage]
    """Best first."""
