"""The runs of an item that an executor makes: sent for after collection, waited for when the item's turn has come."""

from collections.abc import Sequence
from dataclasses import replace

from pytest_glue.cache.cached_runs import KeptRuns
from pytest_glue.core.errors import ExecutorError
from pytest_glue.core.runs import Conditions, Run
from pytest_glue.execution.executor import Errand, Executor, Failure, Outcome


class RunsElsewhere:
    """Runs that errands bring, and those that the store had before any was sent."""

    def __init__(self, executor: Executor, nodeid: str, kept: KeptRuns | None, *, together: bool) -> None:
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
        self._errands: dict[int, Errand] = {}
        self._notes: dict[str, None] = {}

    def missing(self, seeds: Sequence[int]) -> list[tuple[int, ...]]:
        """Return the seeds that nobody has been sent for yet and whose runs are not kept, as one errand takes them."""
        wanted = tuple(seed for seed in seeds if seed not in self._errands and self._find(seed) is None)
        return [wanted] if self._together and wanted else [(seed,) for seed in wanted]

    def expect(self, errand: Errand) -> None:
        """Take an errand that is sent for runs of this item."""
        self._errands |= dict.fromkeys(errand.seeds, errand)

    @property
    def conditions(self) -> Conditions:
        """See `Runs`; waits for a run where none is kept."""
        known = self._kept.known_conditions if self._kept else None
        return known or self._outcome(next(iter(self._errands.values()))).conditions

    @property
    def notes(self) -> tuple[str, ...]:
        """See `Runs`: what the processes said that made the runs, how often it took another try, and the store's."""
        known = self.conditions.notes
        return (
            *(note for note in self._notes if note not in known),
            *(self._kept.notes_of_store if self._kept else ()),
        )

    def run(self, seed: int, *, enough: float | None = None) -> Run:
        """See `Runs`: a run that is asked for as a whole is sent for again where it had ended early.

        Raises:
            ExecutorError: it could not be made; the message is that of the process that tried.
        """
        if seed not in self._errands and (found := self._find(seed)) is not None:
            return found
        for seeds in self.missing([seed]):
            self._send(Errand((self._nodeid,), seeds))
        run = self._brought(self._errands[seed], seed)
        if run.stopped and enough is None:
            self._send(Errand((self._nodeid,), (seed,), whole=True))
            run = self._brought(self._errands[seed], seed)
        return run

    def arrived(self, outcome: Outcome) -> None:
        """Called when an errand has brought something, be it the item's turn or not: it is kept at once."""
        if self._kept is not None:
            for run in outcome.runs:
                self._kept.keep(run, outcome.conditions, outcome.notes)

    def _send(self, errand: Errand) -> None:
        self.expect(errand)
        self._executor.submit([errand])

    def _find(self, seed: int) -> Run | None:
        return self._kept.find(seed) if self._kept else None

    def _brought(self, errand: Errand, seed: int) -> Run:
        outcome = self._outcome(errand)
        return replace(outcome.runs[errand.seeds.index(seed)], retries=len(self._executor.wait(errand).losses))

    def _outcome(self, errand: Errand) -> Outcome:
        done = self._executor.wait(errand)
        answer = done.answers[self._nodeid]
        if isinstance(answer, Failure):
            raise ExecutorError(answer.message)
        for note in answer.notes:
            self._notes[note] = None
        for loss in done.losses:
            seeds = ", ".join(map(str, errand.seeds))
            self._notes[f"seed{'s' * (len(errand.seeds) > 1)} {seeds} begun again: {loss}"] = None
        return answer
