"""An evaluation: one item's runs, its score and its verdict, as plain frozen data that crosses processes."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from statistics import mean
from typing import Any, Self

from pytest_glue.core.checkpoints import Checkpoint, Origin
from pytest_glue.core.errors import VerdictError
from pytest_glue.core.study import SearchTerms, Study

Scores = Mapping[str, float | None]
"""A value for each metric, as fractions; None where the metric is undefined."""


class Verdict(StrEnum):
    """The answer of an evaluation."""

    PASS = "pass"  # noqa: S105 - no password
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"
    """The data cannot carry an answer."""
    DEGENERATE = "degenerate"
    """The runs are broken (constant predictions, no score), which is another thing than a low score."""


class Policy(StrEnum):
    """What an inconclusive verdict does to its item."""

    PASS = "pass"  # noqa: S105 - no password
    """Green: a gate is red only where a checkpoint truly got worse."""
    FAIL = "fail"
    """Red: what is not shown to be good enough is not let through."""


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

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Inverse of `dataclasses.asdict`."""
        history = tuple(Epoch(**epoch) for epoch in data["history"])
        return cls(**{**data, "history": history, "predictions": tuple(data["predictions"])})


@dataclass(frozen=True, slots=True)
class Conditions:
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
    terms: SearchTerms | None = None
    """How their hyperparameters are searched; None where the recipe is used as it is."""
    study: Study | None = None
    """What the search found; None before it, and where there is none."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict with its reason, and the bound that decided it."""

    verdict: Verdict
    reason: str
    """One sentence that names task, checkpoint, score, bound and the size of the evidence."""
    threshold: float | None
    """The floor of the headline metric that was given; None where there was none."""
    chance: float
    """What knowing nothing scores."""
    confidence_interval: tuple[float, float] | None
    """Of the headline score, at 95 %; None where the score is undefined."""
    baseline: Mapping[str, Any] | None
    """What the comparison with a baseline found; None where there was none."""
    notes: tuple[str, ...]
    """What a reader should know beside the verdict."""


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


def as_object(value: Any) -> dict[str, Any]:
    """Return a dataclass as `json.dumps(default=...)` takes it: `asdict` would copy each prediction by itself."""
    return {field.name: getattr(value, field.name) for field in fields(value)}


def mean_scores(runs: Sequence[Run]) -> Scores:
    """Return the mean of each metric over the runs; None for one that any run leaves undefined."""
    return {name: _mean([run.metrics[name] for run in runs]) for name in runs[0].metrics}


def _mean(values: Sequence[float | None]) -> float | None:
    defined = [value for value in values if value is not None]
    # Not sum() / n, by which three scores of 0.7 have a mean below 0.7.
    return mean(defined) if len(defined) == len(values) else None
