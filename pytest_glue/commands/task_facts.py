"""What is known of a task before anything is trained: sizes, chance level and expected time."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from statistics import median
from typing import TYPE_CHECKING

from pytest_glue.config.evaluation_spec import EvaluationSpec
from pytest_glue.core.chance import chance_level, least_chance_level
from pytest_glue.core.checkpoints import ids
from pytest_glue.core.errors import GlueError
from pytest_glue.core.metrics import METRICS
from pytest_glue.core.tasks import GLUE
from pytest_glue.data.source import HUB, own_data, resolved, source_of
from pytest_glue.reports.task_table import TaskFacts
from pytest_glue.scheduling.cost_model import TYPICAL_SCALE, estimate
from pytest_glue.scheduling.size_estimates import GLUE_EVALUATION, GLUE_SIZES, Size, tokens_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from datasets import Dataset, DatasetDict

    from pytest_glue.config.options import Options
    from pytest_glue.core.checkpoints import Checkpoint
    from pytest_glue.core.tasks import Task

_MEASURED = 1000
"""The number of training examples whose length is measured."""


@dataclass(frozen=True, slots=True)
class TaskReader:
    """Collects the facts of tasks. Data on this machine is read, and none is downloaded."""

    options: Options
    checkpoint: Checkpoint
    """Whose time is expected."""
    recorded: Mapping[str, float]
    """How long a second of the cost model took, by item."""

    def facts(self, task: Task) -> TaskFacts:
        """Return the facts of a task of GLUE or of the user."""
        is_hub = self.options.data.partition("@")[0] == HUB if task.data is None else not own_data(task.data).is_local
        if is_hub:
            return self._of_hub(task)
        try:
            found = resolved(_trainable(task))
            with _without_progress_bars():
                return self._of_data(found, source_of(found, self.options.data).load(found))
        except GlueError as error:
            return TaskFacts(task, problem=str(error))

    def _of_hub(self, task: Task) -> TaskFacts:
        level = None
        if task.headline_metric in METRICS and not task.needs_labels:
            level = least_chance_level(task.headline_metric, task.num_labels, task.kind)
        facts = TaskFacts(task, chance_level=level, is_least=level is not None)
        if task.name not in GLUE_EVALUATION:
            return facts
        size = GLUE_SIZES[task.configuration]
        return replace(
            facts, n_train=size.train, n_eval=GLUE_EVALUATION[task.name], expected_s=self._seconds(task, size)
        )

    def _of_data(self, task: Task, data: DatasetDict) -> TaskFacts:
        references = [float(each) for each in data[task.evaluation_split][task.label_column]]
        metric = task.headline_metric
        level = chance_level(metric, references, task.kind) if metric in METRICS else None
        facts = TaskFacts(task, n_eval=len(references), chance_level=level)
        if task.train_split not in data:
            return facts
        train = data[task.train_split]
        seconds = self._seconds(task, Size(len(train), _tokens(train, task)))
        return replace(facts, n_train=len(train), expected_s=seconds)

    def _seconds(self, task: Task, size: Size) -> float | None:
        """Return the expected time of one run; None if nothing is trained."""
        if self.options.evaluate_only:
            return None
        spec = EvaluationSpec(self.options.replace(seeds=self.options.seeds[:1], search=None), task, self.checkpoint)
        own, typical = self.recorded.get(self._item(task)), self._scale
        if own is not None:
            return own * estimate(spec)  # made as the recorded estimate was
        return (TYPICAL_SCALE if typical is None else typical) * estimate(spec, size)

    def is_measured(self, task: Task) -> bool:
        """Return whether the expected time is based on recorded runs."""
        return self._item(task) in self.recorded or self._scale is not None

    @property
    def _scale(self) -> float | None:
        """The median over items whose sizes are published; None if none was recorded."""
        starts = tuple(f"{name}-" for name in GLUE)
        found = [scale for item, scale in self.recorded.items() if item.startswith(starts)]
        return median(found) if found else None

    def _item(self, task: Task) -> str:
        (checkpoint,) = ids([self.checkpoint])
        return f"{task.name}-{checkpoint}"


@contextmanager
def _without_progress_bars() -> Iterator[None]:
    import datasets

    are_shown = not datasets.are_progress_bars_disabled()
    datasets.disable_progress_bars()
    try:
        yield
    finally:
        if are_shown:
            datasets.enable_progress_bars()


def _trainable(task: Task) -> Task:
    """Return the task, or one that is only evaluated if its files have no training split."""
    files = task.data.files if task.data is not None else ()
    return task.untrained if files and task.train_split not in dict(files) else task


def _tokens(train: Dataset, task: Task) -> int:
    """Return about how many tokens an example has."""
    texts = train.select(range(min(len(train), _MEASURED))).select_columns(list(task.text_columns))
    n_bytes = sum(len(str(text).encode("utf-8", "replace")) for row in texts for text in row.values())
    return tokens_of(n_bytes / len(texts))
