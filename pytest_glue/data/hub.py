"""The data source `hub`: `nyu-mll/glue`, by default at a fixed commit."""

from collections.abc import Callable, Collection, Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from pytest_glue.core.errors import DataError
from pytest_glue.core.tasks import Task
from pytest_glue.data import parquet, schema
from pytest_glue.data.splits import Splits
from pytest_glue.integrations.hub import Kind, Repository, Snapshot, fetch

if TYPE_CHECKING:
    from datasets import DatasetDict

DATASET = "nyu-mll/glue"
REVISION = "bcdcba79d07bc864c1c254ccfcedcce55bcc9a8c"

Require = Callable[[Collection[str], Task, str], None]
"""Checks that the splits exist that are needed."""


class HubSource:
    """Reads the task's configuration of the dataset through the local Hugging Face cache."""

    def __init__(self, revision: str | None = None) -> None:
        self._repository = Repository(Kind.DATASET, DATASET, revision or REVISION)
        self.notes: tuple[str, ...] = ()

    @property
    def description(self) -> str:
        commit = self._repository.commit
        return f"{DATASET}@{commit[:7] if commit else self._repository.revision}"

    def check(self, task: Task) -> None:
        """Do nothing: without a request, the files on the hub are not known."""

    def identity(self, task: Task) -> str:
        """Return commit and configuration; a branch or a tag is resolved now."""
        commit = self._repository.commit or self._fetch(task).commit
        return f"{DATASET}@{commit} {task.configuration}"

    def check_unlabelled(self, task: Task) -> None:
        """Do nothing: without a request, the files on the hub are not known."""

    def unlabelled_identity(self, task: Task) -> str:
        commit = self._repository.commit or self._fetch(task, schema.require_unlabelled).commit
        return f"{DATASET}@{commit} {task.configuration}"

    def files(self, task: Task) -> dict[str, list[Path]]:  # noqa: ARG002 - the same for every task
        return {}

    def load_unlabelled(self, task: Task) -> "DatasetDict":
        return schema.load_unlabelled(_splits(self._fetch(task, schema.require_unlabelled)), task, self.description)

    def load(self, task: Task) -> "DatasetDict":
        return schema.load(_splits(self._fetch(task)), task, self.description)

    def _fetch(self, task: Task, require: Require = schema.require_splits) -> Snapshot:
        """Return the files of the task's configuration, which has the splits that `require` asks for."""
        snapshot = fetch(self._repository, lambda names: self._choose(names, task, require))
        self.notes = snapshot.notes
        return snapshot

    def _choose(self, names: Sequence[str], task: Task, require: Require) -> list[str]:
        paths = [PurePosixPath(name) for name in names if name.endswith(".parquet")]
        chosen = [str(path) for path in paths if str(path.parent) == task.configuration]
        if not chosen:
            raise DataError(schema.no_task(task, self.description, {path.parts[0] for path in paths}))
        splits = parquet.splits_of(chosen)
        require(splits, task, self.description)
        return [path.as_posix() for name, split in splits.items() if schema.is_read(name, task) for path in split.files]


def _splits(snapshot: Snapshot) -> Splits:
    return parquet.splits_of(snapshot.folder / name for name in snapshot.files)
