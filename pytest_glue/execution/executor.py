"""An executor: it is handed the fine-tunings after collection, and each item waits for its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Protocol

from pytest_glue.core.choices import ExecutorKind
from pytest_glue.core.errors import MissingPackageError
from pytest_glue.core.runs import Run, RunConditions


def require(place: ExecutorKind) -> None:
    """Make sure that what a place needs is installed, without importing it.

    Raises:
        MissingPackageError: it is not.
    """
    if place is ExecutorKind.RAY and find_spec("ray") is None:
        raise MissingPackageError(
            "--glue-executor=ray needs a package that is not installed: pip install 'pytest-glue[ray]'"
        )


@dataclass(frozen=True, slots=True)
class RunRequest:
    """Runs that one process makes, one after the other: of an item, or of several that share their fine-tunings."""

    nodeids: tuple[str, ...]
    seeds: tuple[int, ...]
    whole: bool = False
    """Whether they go to their end also where the item is sure to pass before."""

    @property
    def name(self) -> str:
        """The errand's own, which begins with the node id of an item."""
        return f"{self.nodeids[0]}#{'+'.join(map(str, self.seeds))}"


@dataclass(frozen=True, slots=True)
class RunResult:
    """What an errand brought for one of its items."""

    runs: tuple[Run, ...]
    """In the order of the errand's seeds."""
    conditions: RunConditions
    notes: tuple[str, ...]
    """What a reader should know of how the runs were come by."""


@dataclass(frozen=True, slots=True)
class RunFailure:
    """Why an errand brought nothing for an item, where that lies in the work: another try would end the same way."""

    message: str
    """The error of the user's world, or the traceback of any other."""


RunResults = Mapping[str, RunResult | RunFailure]
"""What an errand brought, by the node ids of its items."""


@dataclass(frozen=True, slots=True)
class CompletedRequest:
    """An errand that has ended."""

    results: RunResults
    losses: tuple[str, ...] = ()
    """Why each try before this one ended: a process or a machine that was lost."""


class Executor(Protocol):
    """Does errands, several at a time."""

    def submit(self, requests: Sequence[RunRequest]) -> None:
        """Begin with these, in this order, as soon as there are resources for them; returns at once.

        Raises:
            ExecutorError: they cannot be done where they should: no such place, or too small a one.
        """
        ...

    def wait(self, request: RunRequest) -> CompletedRequest:
        """Return how an errand ended, which was submitted before.

        Raises:
            ExecutorError: there is nothing left that could do it.
        """
        ...

    def close(self) -> None:
        """Give up what has not ended, and leave no process behind that was started for it."""
        ...
