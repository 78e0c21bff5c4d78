"""A study: what a hyperparameter search tried and found, as plain frozen data that crosses processes."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from pytest_glue.core.recipe import RecipeValue

HELD_OUT = "held-out"
EVALUATION = "evaluation"
"""What trials are scored on: part of the training data, or the split that the gate is judged on."""
Hyperparameters = Mapping[str, RecipeValue]
"""Values of fields of `TrainingArguments`."""


class TrialState(StrEnum):
    """How a trial ended."""

    COMPLETE = "complete"
    PRUNED = "pruned"
    """Stopped early, since it did worse than the others."""
    FAILED = "failed"
    """It raised, ran out of memory or diverged."""


@dataclass(frozen=True, slots=True)
class SearchConfig:
    """How hyperparameters are searched; scores that were found on other terms are not compared."""

    backend: str
    trials: int
    fraction: float
    """Of the training data, to train each trial on."""
    split: str
    """What trials are scored on: `held-out` or `evaluation`."""
    space: Mapping[str, Any]
    """The search space, as a table holds it."""


class TrialEpoch(NamedTuple):
    """What was seen at the end of an epoch of a trial."""

    score: float
    """The headline metric; 0 where it is undefined."""
    loss: float
    """On the examples that it was scored on."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One fine-tuning of a search, finished."""

    number: int
    """From 0, in the order in which they were begun."""
    state: TrialState
    hyperparameters: Hyperparameters
    objective: float | None
    """The headline metric of its best epoch; None where it failed."""
    history: tuple[TrialEpoch, ...]
    """What was seen after each epoch."""
    duration_s: float
    error: str | None = None
    """Why it failed."""

    @property
    def rank(self) -> TrialEpoch:
        """What trials are compared by, the higher the better: the objective, and where that is equal the lower loss.

        Several trials can predict the same for every example, and so score the same; their losses tell them apart.
        """
        return max(TrialEpoch(score, -loss) for score, loss in self.history)


def highest(trials: Sequence[Trial]) -> float | None:
    """Return the highest objective; None where no trial has one."""
    return max((trial.objective for trial in trials if trial.objective is not None), default=None)


@dataclass(frozen=True, slots=True)
class Study:
    """A finished search."""

    terms: SearchConfig
    name: str
    storage: str
    """Where it is kept, so that it can go on."""
    objective: str
    """The metric that was maximised."""
    n_train: int
    """Examples that each trial was trained on."""
    n_eval: int
    """Examples that each trial was scored on."""
    seed: int
    trials: tuple[Trial, ...]
    importance: Mapping[str, float]
    """Share of each hyperparameter in the differences between trials; empty where that cannot be told."""
    duration_s: float
    """Of this session; what an earlier one had done is not in it."""

    @property
    def best(self) -> Trial:
        """The trial of the highest rank; the first of equals."""
        return max(self.finished, key=lambda trial: trial.rank)

    @property
    def finished(self) -> tuple[Trial, ...]:
        """The complete trials; a pruned one saw fewer epochs, so it is no candidate."""
        return tuple(trial for trial in self.trials if trial.state is TrialState.COMPLETE)

    @property
    def counts(self) -> dict[str, int]:
        """The number of trials in each state."""
        found = Counter(trial.state for trial in self.trials)
        return {str(state): found[state] for state in TrialState}


BACKENDS: Mapping[str, tuple[str, str]] = {"optuna": ("optuna", "optuna"), "ray": ("ray.tune", "ray[tune]")}
"""By name: the module that must be there, and what to install."""
OnTrial = Callable[[Trial, float | None], None]
"""Told of a trial that has ended, and of the highest objective of all that have."""
