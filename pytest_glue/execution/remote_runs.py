"""The runs of one item, from the cache or from an executor."""

from collections.abc import Sequence
from dataclasses import replace

from pytest_glue.cache.cached_runs import CachedRuns
from pytest_glue.core.errors import ExecutorError
from pytest_glue.core.runs import Run, RunConditions
from pytest_glue.execution.executor import Executor, RunFailure, RunRequest, RunResult


class RemoteRuns:
    """A `RunSource` that takes runs from the cache and requests the others from an executor."""

    def __init__(self, executor: Executor, nodeid: str, cached: CachedRuns | None, *, together: bool) -> None:
        """Create the source of one item.

        Args:
            executor: makes the runs that are not cached.
            nodeid: of the item.
            cached: its cached runs; None if the cache is not used.
            together: whether one request makes all runs, since they share a hyperparameter search.
        """
        self._executor = executor
        self._nodeid = nodeid
        self._cached = cached
        self._together = together
        self._requests: dict[int, RunRequest] = {}
        self._notes: dict[str, None] = {}

    def missing(self, seeds: Sequence[int]) -> list[tuple[int, ...]]:
        """Return the seeds that are neither cached nor requested yet, grouped by the request that should make them."""
        wanted = tuple(seed for seed in seeds if seed not in self._requests and self._find(seed) is None)
        return [wanted] if self._together and wanted else [(seed,) for seed in wanted]

    def expect(self, request: RunRequest) -> None:
        """Remember a submitted request that makes runs of this item."""
        self._requests |= dict.fromkeys(request.seeds, request)

    @property
    def conditions(self) -> RunConditions:
        """The conditions of the runs; waits for a request if no run is cached."""
        known = self._cached.known_conditions if self._cached else None
        return known or self._result(next(iter(self._requests.values()))).conditions

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes of the processes that made the runs, of retries, and of the cache."""
        known = self.conditions.notes
        return (
            *(note for note in self._notes if note not in known),
            *(self._cached.cache_notes if self._cached else ()),
        )

    def run(self, seed: int, *, target_score: float | None = None) -> Run:
        """Return the run with that seed; one that stopped early is made again if there is no target score.

        Raises:
            ExecutorError: the run failed; the message is that of the process that made it.
        """
        if seed not in self._requests and (found := self._find(seed)) is not None:
            return found
        for seeds in self.missing([seed]):
            self._submit(RunRequest((self._nodeid,), seeds))
        run = self._requested(self._requests[seed], seed)
        if run.stopped and target_score is None:
            self._submit(RunRequest((self._nodeid,), (seed,), whole=True))
            run = self._requested(self._requests[seed], seed)
        return run

    def arrived(self, result: RunResult) -> None:
        """Cache a result as soon as it arrives, possibly before the item runs."""
        if self._cached is not None:
            notes = tuple(note for note in result.notes if note not in result.passing_notes)
            for run in result.runs:
                self._cached.add(run, result.conditions, notes)

    def _submit(self, request: RunRequest) -> None:
        self.expect(request)
        self._executor.submit([request])

    def _find(self, seed: int) -> Run | None:
        return self._cached.find(seed) if self._cached else None

    def _requested(self, request: RunRequest, seed: int) -> Run:
        result = self._result(request)
        return replace(result.runs[request.seeds.index(seed)], retries=len(self._executor.wait(request).losses))

    def _result(self, request: RunRequest) -> RunResult:
        completed = self._executor.wait(request)
        result = completed.results[self._nodeid]
        if isinstance(result, RunFailure):
            raise ExecutorError(result.message)
        seeds = f"seed{'s' * (len(request.seeds) > 1)} {', '.join(map(str, request.seeds))}"
        notes = (*result.notes, *(f"{seeds} repeated: {loss}" for loss in completed.losses))
        self._notes |= dict.fromkeys(notes)
        return result
