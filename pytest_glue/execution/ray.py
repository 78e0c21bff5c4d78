"""The Ray executor: each request is a Ray task, retried if its process or its machine is lost."""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
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
from pytest_glue.integrations.ray import RayConfig, ray_session, require_capacity
from pytest_glue.progress.events import ItemProgress

_LOST = (WorkerCrashedError, NodeDiedError, ObjectLostError, OutOfMemoryError, RaySystemError)
_MAX_RETRIES = 3
"""Unless the table has `max_retries`."""
_POLL_S = 0.5
"""Longest wait for a task, so that Ctrl-C is noticed within that time."""
_CAPACITY_CHECK_S = 10.0
"""Seconds between two checks that a machine with enough resources is left."""

ExecuteRequest = Callable[[Any, RunRequest], RunResults]
"""Executes a request in a worker, given the value that all requests share."""
OnResults = Callable[[RunRequest, RunResults], None]


class ProgressActor:
    """A Ray actor that stores the progress of workers until the controller reads it."""

    def __init__(self) -> None:
        self._latest: dict[str, ItemProgress] = {}

    def on_progress(self, item_progress: ItemProgress) -> None:
        """Store the progress of an item, in place of the previous one."""
        self._latest[item_progress.item] = item_progress

    def read(self) -> tuple[ItemProgress, ...]:
        """Return and remove what was stored since the last call."""
        latest = tuple(self._latest.values())
        self._latest.clear()
        return latest


class RayExecutor:
    """Executes requests as Ray tasks, on this machine or on a running cluster."""

    def __init__(
        self,
        config: RayConfig,
        execute: ExecuteRequest,
        make_shared: Callable[[Any], Any],
        on_results: OnResults,
        on_progress: Callable[..., None],
    ) -> None:
        """Start Ray, or connect to it.

        Args:
            config: how to reach or start Ray.
            execute: executes one request; every worker must be able to import it.
            make_shared: takes the handle of a `ProgressActor` and returns the value that all requests share.
            on_results: called with the results of each request as they arrive.
            on_progress: called with any number of `ItemProgress`.

        Raises:
            ExecutorError: no cluster answers, or no machine has enough resources for one request.
        """
        self._max_retries = int(config.table.get("max_retries", _MAX_RETRIES))
        self._on_results = on_results
        self._on_progress = on_progress
        self._progress_read: Any = None
        self._pending: dict[ray.ObjectRef[Any], RunRequest] = {}
        self._completed: dict[RunRequest, CompletedRequest] = {}
        self._losses: dict[RunRequest, tuple[str, ...]] = {}
        self._capacity_checked = time.monotonic()
        with ExitStack() as stack:
            stack.enter_context(ray_session(config))
            self._resources = _resources(config.table)
            require_capacity(self._resources)
            actor: Any = ray.remote(num_cpus=0, max_restarts=-1)
            self._progress_actor = actor(ProgressActor).remote()
            self._shared = ray.put(make_shared(self._progress_actor))
            # This class retries, not Ray, in order to count the attempts and record why each one was lost.
            remote: Any = ray.remote(max_retries=0, **_task_options(self._resources))
            self._execute = remote(execute)
            self._stack = stack.pop_all()

    @property
    def capacity(self) -> tuple[int, float]:
        """The number of parallel requests and the memory in bytes of the machine with the least memory per request."""
        nodes: Any = ray.nodes()  # type: ignore[no-untyped-call]
        found = [_capacity(node["Resources"], self._resources) for node in nodes if node["Alive"]]
        return max(found, key=lambda capacity: capacity[0] / max(capacity[1], 1.0))

    def submit(self, requests: Sequence[RunRequest]) -> None:
        for request in requests:
            self._pending[self._execute.remote(self._shared, request)] = request

    def wait(self, request: RunRequest) -> CompletedRequest:
        """Wait for a submitted request and return its results, and receive all results that arrive meanwhile.

        Raises:
            ExecutorError: no machine is left that could execute it.
        """
        while request not in self._completed:
            ready, _ = ray.wait(list(self._pending), timeout=_POLL_S)
            for reference in ready:
                self._receive(reference)
            self._read_progress()
            if not ready and time.monotonic() - self._capacity_checked > _CAPACITY_CHECK_S:
                require_capacity(self._resources)
                self._capacity_checked = time.monotonic()
        return self._completed[request]

    def close(self) -> None:
        for reference in self._pending:
            ray.cancel(reference, force=True)
        self._pending.clear()
        self._stack.close()

    def _read_progress(self) -> None:
        """Report the progress that the actor has answered, without waiting for it, and ask again."""
        if self._progress_read is not None and ray.wait([self._progress_read], timeout=0)[0]:
            with suppress(RayError):  # the actor is restarted if its machine was lost
                self._on_progress(*ray.get(self._progress_read))
            self._progress_read = None
        if self._progress_read is None:
            self._progress_read = self._progress_actor.read.remote()

    def _receive(self, reference: Any) -> None:
        request = self._pending.pop(reference)
        losses = self._losses.get(request, ())
        try:
            results = ray.get(reference)
        except _LOST as error:
            losses = self._losses[request] = (*losses, _cause(error))
            if len(losses) <= self._max_retries:
                self.submit([request])
                return
            results = _all_failed(request, f"given up after {len(losses)} tries: {'; '.join(dict.fromkeys(losses))}")
        except RayTaskError as error:
            results = _all_failed(request, str(error))
        except RayError as error:  # such as a working directory that cannot be copied
            results = _all_failed(request, f"{type(error).__name__}: {error}")
        self._on_results(request, results)
        self._completed[request] = CompletedRequest(results, losses)


def _all_failed(request: RunRequest, message: str) -> RunResults:
    return dict.fromkeys(request.nodeids, RunFailure(message))


def _cause(error: Exception) -> str:
    match error:
        case OutOfMemoryError():
            return "its process was ended because the machine ran out of memory"
        case NodeDiedError():
            return "its machine was lost"
        case ObjectLostError():
            return "its results were lost with their machine"
        case _:
            return "its process died"


def _resources(table: Mapping[str, Any]) -> dict[str, float]:
    """Return the resources that one request needs, by Ray's names."""
    has_gpus = ray.cluster_resources().get("GPU", 0) > 0  # type: ignore[no-untyped-call]
    needed = {
        "CPU": table.get("num_cpus", 1),
        "GPU": table.get("num_gpus", 1 if has_gpus else 0),
        "memory": table.get("memory", 0),
    }
    return {name: amount for name, amount in needed.items() if amount}


def _capacity(available: Mapping[str, float], needed: Mapping[str, float]) -> tuple[int, float]:
    requests = min(available.get(name, 0.0) // amount for name, amount in needed.items())
    return int(requests), available.get("memory", 0.0)


def _task_options(resources: Mapping[str, float]) -> dict[str, Any]:
    names = {"CPU": "num_cpus", "GPU": "num_gpus", "memory": "memory"}
    return {"num_cpus": 0} | {names[name]: amount for name, amount in resources.items()}
