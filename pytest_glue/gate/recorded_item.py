"""One side of a comparison without training: an item of a baseline's file or of a JSON report."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

from pytest_glue.core.errors import BaselineError, MissingBaselineError
from pytest_glue.core.metrics import METRICS
from pytest_glue.core.runs import Run, RunConditions
from pytest_glue.core.tasks import GLUE, Task
from pytest_glue.gate.baseline import Baseline


@dataclass(frozen=True, slots=True)
class RecordedItem:
    """An item whose runs are recorded with their predictions."""

    nodeid: str
    """Of a report's item; for a baseline's file, task and checkpoint in brackets."""
    checkpoint_id: str
    file: str
    """The path of the baseline or of the report."""
    baseline: Baseline
    """The item as a baseline records it."""
    runs: tuple[Run, ...]
    """The same runs; those of a report have their losses, which show some runs that failed to train."""
    data: str = ""
    """The source of the examples; empty if it is not known."""
    device: str = ""
    slices: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """The evaluation examples of each slice; a baseline's file has none."""
    interim_analyses: tuple[int, ...] = ()
    """The numbers of seeds at which a verdict was tried, if there were several."""

    @classmethod
    def of_file(cls, file: Path, baseline: Baseline) -> Self:
        """Return the item of a baseline's file."""
        runs = tuple(
            Run(each.seed, each.metrics, (), each.predictions, 0.0, logits=each.logits) for each in baseline.runs
        )
        return cls(f"[{baseline.task}-{file.stem}]", file.stem, str(file), baseline, runs)

    @property
    def recorded_task(self) -> Task:
        """The task, as far as it is recorded."""
        recorded = self.baseline
        headline = recorded.headline_metric
        others = [name for name in self.runs[0].metrics if name in METRICS and name != headline]
        known = GLUE.get(recorded.task) or Task(recorded.task, recorded.task, ("text",), recorded.labels, (headline,))
        split, metrics = recorded.evaluation_split, (headline, *others)
        return replace(known, metrics=metrics, evaluation_split=split, kind=recorded.kind)

    def conditions(self, references: Sequence[float]) -> RunConditions:
        """Return what the runs share.

        Args:
            references: gold labels of the evaluation examples.
        """
        recorded = self.baseline
        return RunConditions(
            checkpoint=recorded.checkpoint,
            n_train=recorded.n_train,
            n_eval=recorded.n_eval,
            data_digest=recorded.data_digest,
            recipe=recorded.recipe,
            device=self.device,
            references=tuple(references),
            notes=(),
            terms=recorded.search,
            groups=recorded.group_numbers or None,
            evaluate_only=recorded.evaluate_only,
        )

    @property
    def scored_runs(self) -> tuple[Run, ...]:
        """The runs, with NaN for the predictions of those that have none since they are not finite."""
        missing = (math.nan,) * self.baseline.n_eval
        return tuple(replace(run, predictions=run.predictions or missing) for run in self.runs)

    def check(self) -> None:
        """Check that the item can be compared.

        Raises:
            BaselineError: its headline metric is a user's own, whose function is not imported here; or runs were
                stopped once their verdict was sure, so that their scores are bounds only.
        """
        if (metric := self.baseline.headline_metric) not in METRICS:
            raise BaselineError(
                f"{self.file}: {metric} is not a metric of pytest-glue, and this command imports no other: compare in "
                "a test run, with --glue-compare"
            )
        if any(run.stopped for run in self.runs):
            raise BaselineError(
                f"{self.file}: runs of {self.baseline.task} ended early, by --glue-stop-when-decided, so that their "
                "scores are bounds; train them without it"
            )


def partner_of(candidate: RecordedItem, items: Sequence[RecordedItem], *, is_named: bool) -> RecordedItem:
    """Return the item to compare with, by the rules of `baseline_storage.find`.

    Args:
        candidate: the item that is compared.
        items: of the baseline.
        is_named: whether the baseline is a single file, which is compared with every candidate.

    Raises:
        MissingBaselineError: there is none, or there are several and none has the candidate's checkpoint.
    """
    if is_named:
        return items[0]
    task = candidate.baseline.task
    of_task = [each for each in items if each.baseline.task == task]
    own = [each for each in of_task if each.checkpoint_id == candidate.checkpoint_id]
    same_test = [each for each in own if each.nodeid == candidate.nodeid]
    for found in (same_test, own, of_task):
        if len(found) == 1:
            return found[0]
    if not of_task:
        raise MissingBaselineError(f"the baseline has no item of {task}")
    names = ", ".join(_distinct(each.checkpoint_id for each in of_task))
    which = f"has several items of {task} ({names})" if own else f"has items of {names} for {task}"
    raise MissingBaselineError(
        f"the baseline {which}, and which one to compare {candidate.checkpoint_id} with is not clear: name the file of "
        "a baseline, or give checkpoints the same role in both test runs, as in --glue-checkpoints=candidate=FOLDER"
    )


def _distinct(names: Iterable[str]) -> list[str]:
    return sorted(set(names))
