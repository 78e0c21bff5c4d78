"""The protocol of an executor, which makes runs in other processes, and the values that it exchanges."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Protocol

from pytest_glue.core.choices import ExecutorKind
from pytest_glue.core.errors import MissingPackageError
from pytest_glue.core.runs import Run, RunConditions


def require(kind: ExecutorKind) -> None:
    """Check that the packages of an executor are installed, without importing them.

    Raises:
        MissingPackageError: one is not.
    """
    if kind is ExecutorKind.RAY and find_spec("ray") is None:
        raise MissingPackageError(
            "--glue-executor=ray needs a package that is not installed: pip install 'pytest-glue[ray]'"
        )


@dataclass(frozen=True, slots=True)
class RunRequest:
    """Runs that one process makes one after the other, of one item or of several that share their fine-tunings."""

    nodeids: tuple[str, ...]
    seeds: tuple[int, ...]
    whole: bool = False
    """Whether a run continues to its last epoch, even if the item is already certain to pass."""

    @property
    def name(self) -> str:
        """A unique name that begins with the first node id."""
        return f"{self.nodeids[0]}#{'+'.join(map(str, self.seeds))}"


@dataclass(frozen=True, slots=True)
class RunResult:
    """The runs of one item that a request asked for."""

    runs: tuple[Run, ...]
    """In the order of the request's seeds."""
    conditions: RunConditions
    notes: tuple[str, ...]
    passing_notes: tuple[str, ...] = ()
    """Those of the notes that concern this test run only, so that they are not cached."""


@dataclass(frozen=True, slots=True)
class RunFailure:
    """The reason why the runs of one item failed. A retry would fail in the same way."""

    message: str
    """The message of a user error, or the traceback of any other error."""


RunResults = Mapping[str, RunResult | RunFailure]
"""The results of a request by node id."""


@dataclass(frozen=True, slots=True)
class CompletedRequest:
    """The results of a request, and why it was retried."""

    results: RunResults
    losses: tuple[str, ...] = ()
    """For each attempt that was lost with its process or machine, the cause."""


class Executor(Protocol):
    """Executes several requests at a time."""

    def submit(self, requests: Sequence[RunRequest]) -> None:
        """Start the requests in this order as soon as resources are free, and return at once.

        Raises:
            ExecutorError: the executor cannot be started, or has too few resources for one request.
        """
        ...

    def wait(self, request: RunRequest) -> CompletedRequest:
        """Wait for a submitted request and return its results.

        Raises:
            ExecutorError: no machine is left that could execute it.
        """
        ...

    def close(self) -> None:
        """Cancel what has not finished, and end every process that the executor started."""
        ...
