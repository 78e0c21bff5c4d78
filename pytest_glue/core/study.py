"""Studies: the trials of a hyperparameter search and their results."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from sys import float_info
from typing import Any, NamedTuple

from pytest_glue.core.metrics import METRICS
from pytest_glue.core.recipe import RecipeValue

HELD_OUT = "held-out"
EVALUATION = "evaluation"
"""Splits to score trials on: held-out training data, or the split that the verdict is given on."""
Hyperparameters = Mapping[str, RecipeValue]
"""Fields of `TrainingArguments` with their values."""


class Direction(StrEnum):
    """Which objectives are better."""

    MAXIMIZE = "maximize"
    MINIMIZE = "minimize"

    @classmethod
    def of(cls, metric: str) -> "Direction":
        """Return the direction of a metric; a user's own metric that is not known is maximised."""
        known = METRICS.get(metric)
        return cls.MAXIMIZE if known is None or known.greater_is_better else cls.MINIMIZE

    @property
    def sign(self) -> int:
        """1 if higher is better, else -1."""
        return 1 if self is Direction.MAXIMIZE else -1

    def counted(self, score: float | None) -> float:
        """Return what a score counts as where trials are compared.

        An undefined one counts as 0, the chance level of correlations; where lower is better, as the worst score.
        """
        if score is not None:
            return score
        return 0.0 if self is Direction.MAXIMIZE else float_info.max


class TrialState(StrEnum):
    """How a trial ended."""

    COMPLETE = "complete"
    PRUNED = "pruned"
    """Stopped early because it did worse than other trials."""
    FAILED = "failed"
    """The fine-tuning raised, ran out of memory or diverged."""


@dataclass(frozen=True, slots=True)
class SearchConfig:
    """How hyperparameters are searched; only scores of equal configurations are comparable."""

    backend: str
    trials: int
    fraction: float
    """The share of the training data that each trial is trained on."""
    split: str
    """The split to score trials on: `held-out` or `evaluation`."""
    space: Mapping[str, Any]
    """The search space, as in the configuration table."""


class TrialEpoch(NamedTuple):
    """Score and loss at the end of an epoch of a trial."""

    score: float | None
    """The headline metric; None if it is undefined."""
    loss: float
    """On the same examples."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A finished trial."""

    number: int
    """From 0, in the order of start."""
    state: TrialState
    hyperparameters: Hyperparameters
    objective: float | None
    """The headline metric of the best epoch; None if the trial failed, or if it is undefined after every epoch."""
    history: tuple[TrialEpoch, ...]
    """Score and loss after each epoch."""
    duration_s: float
    error: str | None = None
    """Why the trial failed; None if it did not."""

    def rank(self, direction: Direction) -> tuple[float, float]:
        """Return the best epoch's oriented score and negated loss, by which trials are compared; higher is better.

        Trials can predict the same for every example and so have equal scores; their losses still differ.
        """
        return max((direction.sign * direction.counted(score), -loss) for score, loss in self.history)


def best_score(history: Sequence[TrialEpoch], direction: Direction) -> float | None:
    """Return the score of the best epoch; None if it is undefined."""
    scores = [epoch.score for epoch in history]
    return max(scores, key=lambda score: direction.sign * direction.counted(score))


def best_objective(trials: Sequence[Trial], direction: Direction) -> float | None:
    """Return the best objective; None if no trial has one."""
    found = [direction.sign * trial.objective for trial in trials if trial.objective is not None]
    return direction.sign * max(found) if found else None


@dataclass(frozen=True, slots=True)
class Study:
    """A finished search."""

    terms: SearchConfig
    name: str
    storage: str
    """The folder from which the study can be resumed."""
    objective: str
    """The metric that was maximised, or minimised if lower is better."""
    n_train: int
    """Examples that each trial was trained on."""
    n_eval: int
    """Examples that each trial was scored on."""
    seed: int
    trials: tuple[Trial, ...]
    importance: Mapping[str, float]
    """Share of each hyperparameter in the differences between trials; empty if unknown."""
    duration_s: float
    """Of this session, without resumed trials."""
    direction: Direction = Direction.MAXIMIZE
    """Of the objective."""

    @property
    def best(self) -> Trial:
        """The trial of the highest rank; the first of equals."""
        return max(self.finished, key=lambda trial: trial.rank(self.direction))

    @property
    def finished(self) -> tuple[Trial, ...]:
        """The complete trials; a pruned trial saw fewer epochs, so it cannot be the best."""
        return tuple(trial for trial in self.trials if trial.state is TrialState.COMPLETE)

    @property
    def counts(self) -> dict[str, int]:
        """The number of trials in each state."""
        found = Counter(trial.state for trial in self.trials)
        return {str(state): found[state] for state in TrialState}


OnTrial = Callable[[Trial, float | None], None]
"""Called with each finished trial and the best objective so far."""


@dataclass(frozen=True, slots=True)
class BackendInfo:
    """What is known about a search backend without importing it."""

    module: str
    """Must be installed."""
    requirement: str
    """For `pip install`."""
    accepts_url: bool
    """Whether the storage can be a URL; a folder is always accepted."""
    fixed_trials: bool
    """Whether a study draws all its trials at the start, so that none can be added later."""


BACKENDS: Mapping[str, BackendInfo] = {
    "optuna": BackendInfo("optuna", "optuna", accepts_url=True, fixed_trials=False),
    "ray": BackendInfo("ray.tune", "ray[tune]", accepts_url=False, fixed_trials=True),
}
