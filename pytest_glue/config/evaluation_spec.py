"""What one item evaluates: options, task and checkpoint as one value."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Self

from pytest_glue.config.options import Options
from pytest_glue.config.thresholds import check_range
from pytest_glue.core.checkpoints import Checkpoint, ids
from pytest_glue.core.errors import OptionError, closest
from pytest_glue.core.leaderboard import files_of
from pytest_glue.core.metrics import find_metric
from pytest_glue.core.slices import split_target
from pytest_glue.core.tasks import Task


@dataclass(frozen=True, slots=True)
class EvaluationSpec:
    """The options of an item with its task and its checkpoint."""

    options: Options
    task: Task
    checkpoint: Checkpoint

    @classmethod
    def all_of(cls, options: Options) -> Iterator[Self]:
        """Yield a spec for each pair of the options' tasks and checkpoints."""
        known = options.known_tasks  # with the slices of the table
        for task, checkpoint in product(options.tasks, options.checkpoints):
            yield cls(options, known.get(task.name, task), checkpoint)

    @property
    def checkpoint_id(self) -> str:
        """The checkpoint's part of the item's id."""
        names = {each: name for name, each in ids([*self.options.checkpoints, self.checkpoint]).items()}
        return names[self.checkpoint]

    @property
    def thresholds(self) -> dict[str, float]:
        """The threshold of each of the task's metrics that has one.

        Raises:
            OptionError: a user's own task does not have the metric, or the metric cannot have the score.
        """
        return self._thresholds.get(None, {})

    @property
    def slice_thresholds(self) -> dict[str, dict[str, float]]:
        """The thresholds by slice and metric.

        Raises:
            OptionError: a user's own task does not have the metric, or the metric cannot have the score.
        """
        return {name: of_slice for name, of_slice in self._thresholds.items() if name is not None}

    @property
    def _thresholds(self) -> dict[str | None, dict[str, float]]:
        """The thresholds by slice, None for all examples, and metric."""
        found: dict[str | None, dict[str, float]] = {}
        for (target, metric), bound in self.options.threshold.items():
            name, slice_name = split_target(target)
            if name != self.task.name:
                continue
            if metric and metric not in self.task.metrics:
                hint = closest(metric, self.task.metrics)
                raise OptionError(f"task {self.task.name!r} has no metric {metric!r}: {hint}")
            if not metric:  # its range was not known before
                check_range(f"{target}={bound:g}", find_metric(self.task.headline_metric), bound)
            found.setdefault(slice_name, {})[metric or self.task.headline_metric] = bound
        return found

    @property
    def is_certified(self) -> bool:
        """Whether the item's runs predict unlabelled texts."""
        return self.options.certify and self.task.is_certifiable

    @property
    def is_submitted(self) -> bool:
        """Whether the item's runs predict texts of GLUE's leaderboard."""
        return self.options.submission is not None and bool(files_of(self.task))

    @property
    def max_drop(self) -> float:
        """The drop below the baseline that the task may have, or the rise above it where lower is better."""
        max_drop = self.options.max_drop
        return max_drop.get(self.task.name, max_drop.get(None, 0.0))

    @property
    def slice_max_drops(self) -> dict[str, float]:
        """The allowed drops of those slices that have one of their own."""
        targets = {split_target(target): drop for target, drop in self.options.max_drop.items() if target is not None}
        return {part: drop for (name, part), drop in targets.items() if name == self.task.name and part is not None}
