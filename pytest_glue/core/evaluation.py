"""An evaluation: one item's runs, its score and its verdict, as plain frozen data that crosses processes."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

from pytest_glue.core.checkpoints import Checkpoint, Origin
from pytest_glue.core.errors import VerdictError
from pytest_glue.core.runs import Run, Scores, as_object
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

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, as JSON and a process boundary take it; everything, predictions too."""
        plain: dict[str, Any] = json.loads(json.dumps(self, default=as_object))
        return plain

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Inverse of `to_dict`, also after a journey through JSON."""
        interval = data["confidence_interval"]
        built = {
            "checkpoint": Checkpoint(**{**data["checkpoint"], "origin": Origin(data["checkpoint"]["origin"])}),
            "confidence_interval": None if interval is None else tuple(interval),
            "seeds": tuple(data["seeds"]),
            "runs": tuple(Run.from_dict(run) for run in data["runs"]),
            "verdict": Verdict(data["verdict"]),
            "search": Study.from_dict(data["search"]) if data["search"] else None,
            "notes": tuple(data["notes"]),
            "references": tuple(data["references"]),
        }
        return cls(**{field.name: built.get(field.name, data[field.name]) for field in fields(cls)})
