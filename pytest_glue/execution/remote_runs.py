"""The runs of an item that an executor makes: sent for after collection, waited for when the item's turn has come."""

from collections.abc import Sequence
from dataclasses import replace

from pytest_glue.cache.cached_runs import CachedRuns
from pytest_glue.core.errors import ExecutorError
from pytest_glue.core.runs import Run, RunConditions
from pytest_glue.execution.executor import Executor, RunFailure, RunRequest, RunResult


class RemoteRuns:
    """Runs that errands bring, and those that the store had before any was sent."""

    def __init__(self, executor: Executor, nodeid: str, kept: CachedRuns | None, *, together: bool) -> None:
        """Take what makes the runs of an item.

        Args:
            executor: does the errands.
            nodeid: of the item.
            kept: its runs in the store; None where the store is not used.
            together: whether one errand brings all runs, since they have a search in common.
        """
        self._executor = executor
        self._nodeid = nodeid
        self._kept = kept
        self._together = together
        self._requests: dict[int, RunRequest] = {}
        self._notes: dict[str, None] = {}

    def missing(self, seeds: Sequence[int]) -> list[tuple[int, ...]]:
        """Return the seeds that nobody has been sent for yet and whose runs are not kept, as one errand takes them."""
        wanted = tuple(seed for seed in seeds if seed not in self._requests and self._find(seed) is None)
        return [wanted] if self._together and wanted else [(seed,) for seed in wanted]

    def expect(self, request: RunRequest) -> None:
        """Take an errand that is sent for runs of this item."""
        self._requests |= dict.fromkeys(request.seeds, request)

    @property
    def conditions(self) -> RunConditions:
        """See `RunSource`; waits for a run where none is kept."""
        known = self._kept.known_conditions if self._kept else None
        return known or self._result(next(iter(self._requests.values()))).conditions

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes of the processes that made the runs, of repeated attempts, and of the cache."""
        known = self.conditions.notes
        return (
            *(note for note in self._notes if note not in known),
            *(self._kept.cache_notes if self._kept else ()),
        )

    def run(self, seed: int, *, target_score: float | None = None) -> Run:
        """See `RunSource`: a run that is asked for as a whole is sent for again where it had ended early.

        Raises:
            ExecutorError: it could not be made; the message is that of the process that tried.
        """
        if seed not in self._requests and (found := self._find(seed)) is not None:
            return found
        for seeds in self.missing([seed]):
            self._send(RunRequest((self._nodeid,), seeds))
        run = self._brought(self._requests[seed], seed)
        if run.stopped and target_score is None:
            self._send(RunRequest((self._nodeid,), (seed,), whole=True))
            run = self._brought(self._requests[seed], seed)
        return run

    def arrived(self, result: RunResult) -> None:
        """Called when an errand has brought something, be it the item's turn or not: it is kept at once."""
        if self._kept is not None:
            for run in result.runs:
                self._kept.add(run, result.conditions, result.notes)

    def _send(self, request: RunRequest) -> None:
        self.expect(request)
        self._executor.submit([request])

    def _find(self, seed: int) -> Run | None:
        return self._kept.find(seed) if self._kept else None

    def _brought(self, request: RunRequest, seed: int) -> Run:
        result = self._result(request)
        return replace(result.runs[request.seeds.index(seed)], retries=len(self._executor.wait(request).losses))

    def _result(self, request: RunRequest) -> RunResult:
        completed = self._executor.wait(request)
        result = completed.results[self._nodeid]
        if isinstance(result, RunFailure):
            raise ExecutorError(result.message)
        for note in result.notes:
            self._notes[note] = None
        for loss in completed.losses:
            seeds = ", ".join(map(str, request.seeds))
            self._notes[f"seed{'s' * (len(request.seeds) > 1)} {seeds} begun again: {loss}"] = None
        return result
