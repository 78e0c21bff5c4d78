"""The protocol of a search backend, and the choice of one by its name."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from pytest_glue.config.search_space import Choices, Numbers, Space
from pytest_glue.core.errors import MissingPackageError, SearchError
from pytest_glue.core.study import BACKENDS, Hyperparameters, OnTrial, Trial

if TYPE_CHECKING:
    from pytest_glue.search.objective import Objective


@dataclass(frozen=True, slots=True)
class StudySpec:
    """A study that is to be run."""

    name: str
    storage: str
    """A folder, or a URL where the backend takes one."""
    space: Space
    trials: int
    epochs: float
    """Of a trial, where the space does not say."""
    seed: int
    """Of sampler and pruner."""
    facts: Mapping[str, Any]
    """What determines the trials: a study of other facts is another study."""
    resources: Mapping[str, Any]
    """What `[tool.pytest_glue.ray]` holds."""
    root: Path
    """Below which the user's own modules lie."""
    verbose: bool
    """Whether the library may log."""

    def epochs_of(self, hyperparameters: Hyperparameters) -> int:
        """Return how many evaluations a trial has if nothing stops it."""
        epochs = hyperparameters.get("num_train_epochs", self.epochs)
        assert isinstance(epochs, int | float)
        return max(math.ceil(epochs), 1)

    @property
    def max_epochs(self) -> int:
        """The most evaluations that any trial can have."""
        match self.space.get("num_train_epochs"):
            case Numbers(high=high):
                return math.ceil(high)
            case Choices(values):
                return max(self.epochs_of({"num_train_epochs": value}) for value in values)
            case _:
                return self.epochs_of({})


class SearchBackend(Protocol):
    """Runs the trials of a study, or those that are missing from it."""

    def run(self, spec: StudySpec, objective: "Objective", on_trial: OnTrial) -> tuple[Trial, ...]:
        """Return all finished trials of the study, in the order of their numbers.

        Args:
            spec: the study.
            objective: what a trial does.
            on_trial: told of each trial that this call has finished.

        Raises:
            SearchError: the storage cannot be used, or holds another study.
        """
        ...


def require(name: str) -> None:
    """Make sure that a backend is installed, without importing it.

    Raises:
        MissingPackageError: it is not.
    """
    module, requirement = BACKENDS[name]
    package, _, _ = module.partition(".")
    if find_spec(package) is None or find_spec(module) is None:
        message = f"--glue-search={name} needs a package that is not installed: pip install '{requirement}'"
        raise MissingPackageError(message)


def check_storage(name: str, storage: str) -> None:
    """Make sure that a backend takes such a storage, without opening it.

    Raises:
        SearchError: it does not.
    """
    if name == "ray" and "://" in storage:
        message = f"--glue-search-storage={storage}: Ray Tune keeps a study in a folder; name a folder"
        raise SearchError(message)


def open_backend(name: str) -> SearchBackend:
    """Return the backend of that name.

    Raises:
        MissingPackageError: it is not installed.
    """
    require(name)
    backend: SearchBackend = import_module(f"pytest_glue.search.{name}").Backend()
    return backend
