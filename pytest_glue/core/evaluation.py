"""An evaluation: one item's runs, its score and its verdict, as plain frozen data that crosses processes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pytest_glue.core.checkpoints import Checkpoint
from pytest_glue.core.errors import VerdictError
from pytest_glue.core.runs import Run, Scores
from pytest_glue.core.study import Study
from pytest_glue.core.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One item: what was asked, what was found and what follows from it."""

    nodeid: str
    task: str
    checkpoint: Checkpoint
    headline_metric: str
    score: float | None
    """Mean of the headline metric over the runs."""
    metrics: Scores
    """Mean of each metric over the runs."""
    confidence_interval: tuple[float, float] | None
    seeds: tuple[int, ...]
    runs: tuple[Run, ...]
    threshold: float | None
    chance: float
    """What knowing nothing scores on this split: the bound where no threshold is given."""
    baseline: Mapping[str, Any] | None
    verdict: Verdict
    failed: bool
    """Whether the verdict makes the item red: fail and degenerate do, inconclusive where it was asked for."""
    reason: str
    n_train: int
    n_eval: int
    duration_s: float
    data: str
    """Where the examples came from."""
    data_digest: str
    recipe: Mapping[str, Any]
    """The hyperparameters that were used, without the seed."""
    device: str
    """Where it ran: `cpu`, `cuda:0`, `mps`."""
    references: tuple[float, ...]
    """Gold labels, one for each evaluation example, in the task's order."""
    search: Study | None = None
    """How the recipe's hyperparameters were found; None where nothing was searched."""
    notes: tuple[str, ...] = ()
    """What a reader should know: a slow tokenizer, what an interval covers, where it was recorded."""

    @property
    def n_cached(self) -> int:
        """How many of the runs were read from the store of finished runs."""
        return sum(run.cached for run in self.runs)

    @property
    def n_stopped(self) -> int:
        """How many of the runs ended once they were good enough; the score is a lower bound where any did."""
        return sum(run.stopped for run in self.runs)

    def check(self) -> None:
        """Raise the verdict if it makes the item red: the last line of a suite's test.

        Raises:
            VerdictError: with the reason as its message.
        """
        if self.failed:
            raise VerdictError(self.reason)
