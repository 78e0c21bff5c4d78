"""Runs: one fine-tuning with one seed, and what the runs of an item have in common."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import mean
from typing import Any, Protocol

from pytest_glue.core.checkpoints import Checkpoint
from pytest_glue.core.study import SearchConfig, Study

Scores = Mapping[str, float | None]
"""A value for each metric, as fractions; None where the metric is undefined."""


@dataclass(frozen=True, slots=True)
class Epoch:
    """What was seen at the end of an epoch."""

    epoch: float
    loss: float | None
    """Mean training loss since the epoch before; None where none was logged."""
    evaluation_loss: float | None
    metrics: Scores


@dataclass(frozen=True, slots=True)
class Run:
    """One fine-tuning with one seed, finished."""

    seed: int
    metrics: Scores
    """Of the best epoch."""
    history: tuple[Epoch, ...]
    predictions: tuple[float, ...]
    """One for each evaluation example, in their order: a class in the task's order, or a number."""
    duration_s: float
    cached: bool = False
    """Whether it was read from the store of finished runs; its duration is then that of the fine-tuning."""
    stopped: bool = False
    """Whether it ended once it was good enough: the headline metric is a lower bound of what it would have been."""
    retries: int = 0
    """How often it was begun again because its process, or the machine, was lost."""


@dataclass(frozen=True, slots=True)
class RunConditions:
    """What the runs of an item have in common: all that an evaluation holds of them beside the runs themselves."""

    checkpoint: Checkpoint
    """With its identity."""
    n_train: int
    n_eval: int
    data_digest: str
    recipe: Mapping[str, Any]
    """The hyperparameters that were used, without the seed."""
    device: str
    """Where they ran: `cpu`, `cuda:0`, `mps`."""
    references: tuple[float, ...]
    """Gold labels, one for each evaluation example, in the task's order."""
    notes: tuple[str, ...]
    """What a reader should know of them: a slow tokenizer."""
    terms: SearchConfig | None = None
    """How their hyperparameters are searched; None where the recipe is used as it is."""
    study: Study | None = None
    """What the search found; None before it, and where there is none."""


def mean_scores(runs: Sequence[Run]) -> Scores:
    """Return the mean of each metric over the runs; None for one that any run leaves undefined."""
    return {name: _mean([run.metrics[name] for run in runs]) for name in runs[0].metrics}


def _mean(values: Sequence[float | None]) -> float | None:
    defined = [value for value in values if value is not None]
    # Not sum() / n, by which three scores of 0.7 have a mean below 0.7.
    return mean(defined) if len(defined) == len(values) else None


class RunSource(Protocol):
    """Where the runs of an item come from: fine-tunings, or what is left of earlier ones."""

    @property
    def conditions(self) -> RunConditions:
        """What the runs have in common; nothing is trained for it. A search adds to it before the first run.

        Raises:
            GlueError: data or checkpoint cannot be had.
        """
        ...

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader should know of how the runs of so far were come by."""
        ...

    def run(self, seed: int, *, target_score: float | None = None) -> Run:
        """Return the run of a seed.

        Args:
            seed: of the run.
            target_score: the headline score at which it may end, as a run that was stopped; None for a whole run.

        Raises:
            GlueError: there is none; the message gives cause and remedy.
        """
        ...
