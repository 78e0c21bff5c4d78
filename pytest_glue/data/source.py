"""The protocol of a data source, and the choice of one by what the user wrote."""

from functools import cache
from typing import TYPE_CHECKING, Protocol

from pytest_glue.core.tasks import Task

if TYPE_CHECKING:
    from datasets import DatasetDict


HUB = "hub"
SAMPLE = "sample"


class DataSource(Protocol):
    """Where the examples of tasks come from.

    `check` is called once for each task at collection, in every worker; it may read names and headers, and must not
    import torch, transformers or datasets. `load` is called when an item is about to run.
    """

    @property
    def description(self) -> str:
        """What header and reports say: a folder, a hub id with its revision, or that the data is synthetic."""
        ...

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader should know of what was loaded last: that the hub could not be asked."""
        ...

    def check(self, task: Task) -> None:
        """Make sure that the task's splits and columns are there, without loading them.

        Raises:
            DataError: the task, a split or a column is missing; the message lists what is there.
        """
        ...

    def identity(self, task: Task) -> str:
        """Return what tells the examples to train and evaluate on from any others, without reading them.

        Examples with the same identity are the same; the same examples can have several. Must not import torch,
        transformers or datasets.

        Raises:
            DataError: as for `check`, or a file that cannot be read.
            HubError: as for `load`.
        """
        ...

    def load(self, task: Task) -> "DatasetDict":
        """Return all splits of the task's configuration, in the hub's form: its columns, class ids in the task's order.

        Raises:
            DataError: as for `check`, or a file that cannot be read.
            HubError: the hub cannot be reached and the data is not in the cache.
        """
        ...


@cache
def open_source(text: str) -> DataSource:
    """Return the source for `hub`, `hub@revision`, `sample` or a folder, the same each time. Nothing is read yet."""
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
    """Return the splits with at most so many examples, the first ones, to train and to evaluate on.

    As in transformers' `run_glue` examples; None is no limit, and other splits are left whole.
    """
    limits = {task.train_split: max_train, task.evaluation_split: max_eval}
    return type(data)(
        {name: split.select(range(min(limits.get(name) or len(split), len(split)))) for name, split in data.items()}
    )
