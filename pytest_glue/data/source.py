"""The protocol of a data source, and the choice of one: by the task, or by the value of `--glue-data`."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from pytest_glue.core.metrics import check_metrics
from pytest_glue.core.tasks import Task

if TYPE_CHECKING:
    from datasets import DatasetDict

    from pytest_glue.core.task_data import TaskData
    from pytest_glue.data.own_data import OwnData


HUB = "hub"
SAMPLE = "sample"


class DataSource(Protocol):
    """A source of the examples of tasks.

    No method but `load` imports torch, transformers or datasets.
    """

    @property
    def description(self) -> str:
        """For header and reports: a folder, a hub id with its revision, or that the data is synthetic."""
        ...

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes about the data that was loaded last, such as that the hub could not be asked."""
        ...

    def check(self, task: Task) -> None:
        """Check at collection that the task's splits and columns exist, from file names and headers.

        Raises:
            DataError: the task, a split or a column is missing; the message lists those that exist.
        """
        ...

    def identity(self, task: Task) -> str:
        """Return a text that identifies the examples to train and evaluate on, without parsing them.

        Equal identities mean equal examples. Equal examples can have different identities.

        Raises:
            DataError: as for `check`, or a file cannot be read.
            HubError: as for `load`.
        """
        ...

    def check_unlabelled(self, task: Task) -> None:
        """Check at collection that the task has unlabelled texts, as `check` does for its examples.

        Raises:
            DataError: their split is missing.
        """
        ...

    def unlabelled_identity(self, task: Task) -> str:
        """Return a text that identifies the task's unlabelled texts, as `identity` does for its examples.

        Raises:
            DataError: the split is known to be missing, or a file cannot be read.
            HubError: as for `load`.
        """
        ...

    def files(self, task: Task) -> Mapping[str, list[Path]]:
        """Return the local files that another machine needs for this task, by their folder as the user wrote it.

        Empty if another machine can get the data itself.

        Raises:
            DataError: as for `check`.
        """
        ...

    def load(self, task: Task) -> "DatasetDict":
        """Return all splits of the task's configuration, with the hub's columns and class ids in the task's order.

        Raises:
            DataError: as for `check`, or a file cannot be read.
            HubError: the hub cannot be reached and the data is not in the cache.
        """
        ...


class GlueSource(DataSource, Protocol):
    """A source of the tasks of GLUE, some of whose configurations have no training split."""

    def load_unlabelled(self, task: Task) -> "DatasetDict":
        """Return the task's unlabelled split, and maybe others.

        Raises:
            DataError: as for `check_unlabelled`, or a file cannot be read.
            HubError: as for `load`.
        """
        ...


def source_of(task: Task, text: str) -> DataSource:
    """Return the source of a task's examples: its own data, or else the one that `--glue-data` names. Reads nothing."""
    return open_source(text) if task.data is None else own_data(task.data)


def resolved(task: Task) -> Task:
    """Return a task with its labels, which are inferred from its own training data if it does not name them.

    Raises:
        DataError: the data cannot be read, or has fewer than two labels.
        OptionError: a metric does not fit so many labels.
        HubError: the data is on the hub, which cannot be reached.
    """
    if task.data is None or not task.needs_labels:
        return task
    found = replace(task, labels=own_data(task.data).labels(task))
    check_metrics(found)
    return found


@cache
def own_data(data: "TaskData") -> "OwnData":
    """Return the source of a user's own task, always the same object."""
    from pytest_glue.data.own_data import OwnData

    return OwnData(data)


@cache
def open_source(text: str) -> GlueSource:
    """Return the source for `hub`, `hub@REVISION`, `sample` or a folder, always the same object. Reads nothing."""
    if text == SAMPLE:
        from pytest_glue.data.sample import SampleSource

        return SampleSource()
    name, _, revision = text.partition("@")
    if name == HUB:
        from pytest_glue.data.hub import HubSource

        return HubSource(revision or None)
    from pytest_glue.data.folder import FolderSource

    return FolderSource(text)


def limited(data: "DatasetDict", task: Task, max_train: int | None, max_eval: int | None) -> "DatasetDict":
    """Return the data with only the first examples of the task's training and evaluation splits.

    As in transformers' `run_glue` example; None is no limit.
    """
    limits = {task.train_split: max_train, task.evaluation_split: max_eval}
    return type(data)(
        {name: split.select(range(min(limits.get(name) or len(split), len(split)))) for name, split in data.items()}
    )
