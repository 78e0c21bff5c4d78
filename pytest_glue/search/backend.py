"""The protocol of a search backend, and the description of a study."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from pytest_glue.config.search_space import Choices, Numbers, Space
from pytest_glue.core.errors import MissingPackageError, SearchError
from pytest_glue.core.study import BACKENDS, Direction, Hyperparameters, OnTrial, Trial

if TYPE_CHECKING:
    from pytest_glue.search.objective import Objective


@dataclass(frozen=True, slots=True)
class StudySpec:
    """The description of a study, as a backend needs it."""

    name: str
    storage: str
    """A folder, or a URL if the backend accepts one."""
    space: Space
    trials: int
    epochs: float
    """Epochs of a trial, unless the search space has `num_train_epochs`."""
    seed: int
    """Of sampler and pruner."""
    identity: Mapping[str, Any]
    """Everything that determines the trials; two studies with different identities are different studies."""
    resources: Mapping[str, Any]
    """The table `[tool.pytest_glue.ray]`."""
    root: Path
    """The folder that contains the user's own modules."""
    verbose: bool
    """Whether the library may log."""
    direction: Direction = Direction.MAXIMIZE
    """Of the objective."""

    def epochs_of(self, hyperparameters: Hyperparameters) -> int:
        """Return the number of evaluations of a trial that is not stopped early."""
        epochs = hyperparameters.get("num_train_epochs", self.epochs)
        assert isinstance(epochs, int | float)
        return max(math.ceil(epochs), 1)

    @property
    def max_epochs(self) -> int:
        """The largest number of evaluations that a trial can have."""
        match self.space.get("num_train_epochs"):
            case Numbers(high=high):
                return math.ceil(high)
            case Choices(values):
                return max(self.epochs_of({"num_train_epochs": value}) for value in values)
            case _:
                return self.epochs_of({})


class SearchBackend(Protocol):
    """Runs the trials of a study that have not been run yet."""

    def run(self, spec: StudySpec, objective: "Objective", on_trial: OnTrial) -> tuple[Trial, ...]:
        """Return all finished trials of the study, ordered by their numbers.

        Args:
            spec: the study.
            objective: runs one trial.
            on_trial: called after each trial that this call runs.

        Raises:
            SearchError: the storage cannot be used, or holds another study under the same name.
        """
        ...


def require(name: str) -> None:
    """Check that a backend is installed, without importing it.

    Raises:
        MissingPackageError: it is not.
    """
    info = BACKENDS[name]
    package, _, _ = info.module.partition(".")
    if find_spec(package) is None or find_spec(info.module) is None:
        message = f"--glue-search={name} needs a package that is not installed: pip install '{info.requirement}'"
        raise MissingPackageError(message)


def check_storage(name: str, storage: str) -> None:
    """Check that a backend accepts the storage, without opening it.

    Raises:
        SearchError: it does not.
    """
    if "://" in storage and not BACKENDS[name].accepts_url:
        raise SearchError(f"--glue-search-storage={storage}: --glue-search={name} needs a folder, not a URL")
