"""Ray as an executor: each errand a task, tried again where its process or its machine was lost."""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import ray
from ray.exceptions import (
    NodeDiedError,
    ObjectLostError,
    OutOfMemoryError,
    RayError,
    RaySystemError,
    RayTaskError,
    WorkerCrashedError,
)

from pytest_glue.execution.executor import CompletedRequest, RunFailure, RunRequest, RunResults
from pytest_glue.integrations.ray import ray_session, require_room
from pytest_glue.progress.events import ItemProgress

_LOST = (WorkerCrashedError, NodeDiedError, ObjectLostError, OutOfMemoryError, RaySystemError)
_TRIES_AGAIN = 3
"""How often an errand is begun again, where the table does not say."""
_POLL_S = 0.5
"""How long a look at the tasks may last: an interrupted test run ends within that."""
_ROOM_S = 10.0
"""How often it is looked whether there still is a machine large enough."""

ExecuteRequest = Callable[[Any, RunRequest], RunResults]
"""Does an errand in a worker, with what all errands have in common."""
OnResults = Callable[[RunRequest, RunResults], None]


class ProgressActor:
    """Where workers write what their errands are at, and the controller reads it: an actor, which all of them reach."""

    def __init__(self) -> None:
        self._news: dict[str, ItemProgress] = {}

    def on_progress(self, item_progress: ItemProgress) -> None:
        """Write what an errand is at; what was there of it is out of date."""
        self._news[item_progress.item] = item_progress

    def read(self) -> tuple[ItemProgress, ...]:
        """Return what is new since this was last asked."""
        news = tuple(self._news.values())
        self._news.clear()
        return news


class RayExecutor:
    """Does errands as tasks of Ray, on this machine or on a running cluster."""

    def __init__(
        self,
        table: Mapping[str, Any],
        do: ExecuteRequest,
        common: Callable[[Any], Any],
        on_results: OnResults,
        on_progress: Callable[..., None],
        *,
        shipped: Path,
        verbose: bool,
    ) -> None:
        """Start Ray, or connect to it.

        Args:
            table: what `[tool.pytest_glue.ray]` holds.
            do: a function that every worker can import.
            common: takes the handle of a `ProgressActor` and returns what every request needs; sent once.
            on_results: told of what each errand brought, as it arrives.
            on_progress: told now and then what errands are at, as any number of `ItemProgress`.
            shipped: the folder that the machines of a running cluster get a copy of.
            verbose: whether Ray may log.

        Raises:
            ExecutorError: no cluster answers, or no machine of it is large enough for one errand.
        """
        self._tries = int(table.get("max_retries", _TRIES_AGAIN))
        self._on_results = on_results
        self._on_progress = on_progress
        self._asked: Any = None
        self._pending: dict[ray.ObjectRef[Any], RunRequest] = {}
        self._done: dict[RunRequest, CompletedRequest] = {}
        self._losses: dict[RunRequest, tuple[str, ...]] = {}
        self._looked = time.monotonic()
        self._stack = ExitStack()
        with ExitStack() as stack:
            stack.enter_context(ray_session(table, verbose=verbose, shipped=shipped))
            self._resources = _resources(table)
            require_room(self._resources)
            actor: Any = ray.remote(num_cpus=0, max_restarts=-1)
            self._board = actor(ProgressActor).remote()
            self._common = ray.put(common(self._board))
            # A task that Ray itself began again could not be counted, nor told apart by what it was lost to.
            remote: Any = ray.remote(max_retries=0, **_options(self._resources))
            self._do = remote(do)
            self._stack = stack.pop_all()

    @property
    def room(self) -> tuple[int, float]:
        """How many errands the fullest machine does at a time, and the bytes of memory that it has for them."""
        nodes: Any = ray.nodes()  # type: ignore[no-untyped-call]
        found = [_room(node["Resources"], self._resources) for node in nodes if node["Alive"]]
        return max(found, key=lambda room: room[0] / max(room[1], 1.0))

    def submit(self, requests: Sequence[RunRequest]) -> None:
        """See `Executor`."""
        for request in requests:
            self._pending[self._do.remote(self._common, request)] = request

    def wait(self, request: RunRequest) -> CompletedRequest:
        """See `Executor`; whatever arrives meanwhile is taken in, too."""
        while request not in self._done:
            ready, _ = ray.wait(list(self._pending), timeout=_POLL_S)
            for reference in ready:
                self._take(reference)
            self._look_at_board()
            if not ready and time.monotonic() - self._looked > _ROOM_S:
                require_room(self._resources)
                self._looked = time.monotonic()
        return self._done[request]

    def _look_at_board(self) -> None:
        """Tell what errands are at, as soon as the board has answered: nobody waits for it."""
        if self._asked is not None and ray.wait([self._asked], timeout=0)[0]:
            with suppress(RayError):  # the board begins anew on another machine where its own was lost
                self._on_progress(*ray.get(self._asked))
            self._asked = None
        if self._asked is None:
            self._asked = self._board.read.remote()

    def close(self) -> None:
        """See `Executor`."""
        for reference in self._pending:
            ray.cancel(reference, force=True)
        self._pending.clear()
        self._stack.close()

    def _take(self, reference: Any) -> None:
        request = self._pending.pop(reference)
        losses = self._losses.get(request, ())
        try:
            results = ray.get(reference)
        except _LOST as error:
            losses = self._losses[request] = (*losses, _loss(error))
            if len(losses) <= self._tries:
                self.submit([request])
                return
            results = _all_failed(request, f"given up after {len(losses)} tries: {'; '.join(dict.fromkeys(losses))}")
        except RayTaskError as error:
            results = _all_failed(request, str(error))
        except RayError as error:  # the folder that cannot be shipped, a task that nothing can run
            results = _all_failed(request, f"{type(error).__name__}: {error}")
        self._on_results(request, results)
        self._done[request] = CompletedRequest(results, losses)


def _all_failed(request: RunRequest, message: str) -> RunResults:
    return dict.fromkeys(request.nodeids, RunFailure(message))


def _loss(error: Exception) -> str:
    """Return in a few words what a process was lost to."""
    match error:
        case OutOfMemoryError():
            return "its process was ended because the machine ran out of memory"
        case NodeDiedError():
            return "its machine was lost"
        case ObjectLostError():
            return "what it had brought was lost with its machine"
        case _:
            return "its process died"


def _resources(table: Mapping[str, Any]) -> dict[str, float]:
    has_gpus = ray.cluster_resources().get("GPU", 0) > 0  # type: ignore[no-untyped-call]
    asked = {
        "CPU": table.get("num_cpus", 1),
        "GPU": table.get("num_gpus", 1 if has_gpus else 0),
        "memory": table.get("memory", 0),
    }
    return {name: amount for name, amount in asked.items() if amount}


def _room(there: Mapping[str, float], asked: Mapping[str, float]) -> tuple[int, float]:
    return int(min(there.get(name, 0.0) // amount for name, amount in asked.items())), there.get("memory", 0.0)


def _options(resources: Mapping[str, float]) -> dict[str, Any]:
    names = {"CPU": "num_cpus", "GPU": "num_gpus", "memory": "memory"}
    return {"num_cpus": 0} | {names[name]: amount for name, amount in resources.items()}
