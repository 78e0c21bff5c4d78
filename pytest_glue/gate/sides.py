"""The runs of an item and of its baseline, on all evaluation examples or on a part of them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

from pytest_glue.core.runs import Run
from pytest_glue.core.tasks import Task
from pytest_glue.gate.diagnostics import ExaminedRuns
from pytest_glue.gate.groups import Groups


@dataclass(frozen=True, slots=True)
class Sides:
    """What a verdict is computed from."""

    task: Task
    runs: tuple[Run, ...]
    """All of the candidate's."""
    candidate: ExaminedRuns
    """The same runs, divided into those that trained and those that failed."""
    baseline: ExaminedRuns | None
    """None without a baseline."""
    references: tuple[float, ...]
    groups: Groups

    def part(self, indices: Sequence[int]) -> Self:
        """Return the same runs on some of the examples, with their scores there.

        Args:
            indices: of the examples.
        """
        references = _at(self.references, indices)
        runs = {run.seed: _on(run, indices, references, self.task) for run in self.runs}
        trained = tuple(runs[run.seed] for run in self.candidate.trained)
        baseline = self.baseline
        if baseline is not None:
            recorded = tuple(_on(run, indices, references, self.task) for run in baseline.trained)
            baseline = replace(baseline, trained=recorded)
        return replace(
            self,
            runs=tuple(runs.values()),
            candidate=replace(self.candidate, trained=trained),
            baseline=baseline,
            references=references,
            groups=None if self.groups is None else [self.groups[index] for index in indices],
        )


def _on(run: Run, indices: Sequence[int], references: Sequence[float], task: Task) -> Run:
    """Return a run with its predictions of some examples and their scores."""
    from pytest_glue.statistics.logits import decode_logits, encode_logits
    from pytest_glue.statistics.metrics import compute

    predictions, logits = _at(run.predictions, indices), None
    if run.logits is not None:
        logits = decode_logits(run.logits, len(run.predictions))[list(indices)]
    scores = compute(task, predictions, references, logits)
    metrics = {name: None if math.isnan(score) else score for name, score in scores.items()}
    kept = None if logits is None else encode_logits(logits)
    return replace(run, predictions=predictions, logits=kept, metrics=metrics)


def _at(values: Sequence[float], indices: Sequence[int]) -> tuple[float, ...]:
    return tuple(values[index] for index in indices)
