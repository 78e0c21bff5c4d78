"""A folder as a data source, in one of the layouts in which GLUE is distributed."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from pytest_glue.core.errors import DataError, suggestion
from pytest_glue.core.formatting import printable
from pytest_glue.core.paths import local_path
from pytest_glue.core.tasks import Task
from pytest_glue.data import parquet, saved_to_disk, schema, tsv
from pytest_glue.data.fingerprint import digest_of_file
from pytest_glue.data.splits import FolderLayout, Split, Splits

if TYPE_CHECKING:
    from datasets import DatasetDict

LAYOUTS: tuple[FolderLayout, ...] = (saved_to_disk, parquet, tsv)


@dataclass(frozen=True, slots=True)
class FolderSource:
    """A folder with one or more tasks, whose layouts can differ."""

    text: str
    """The path, as the user wrote it."""

    notes: ClassVar[tuple[str, ...]] = ()

    @property
    def description(self) -> str:
        return printable(self.text)

    def check(self, task: Task) -> None:
        schema.check(self._splits(task), task, self.text)

    def identity(self, task: Task) -> str:
        """Return a digest of the files that contain the examples."""
        splits = self._splits(task)
        schema.require_splits(splits, task, self.text)
        return _digest(splits[name] for name in task.labelled_splits)

    def check_unlabelled(self, task: Task) -> None:
        schema.require_unlabelled(self._splits(task), task, self.text)

    def unlabelled_identity(self, task: Task) -> str:
        splits = self._splits(task)
        schema.require_unlabelled(splits, task, self.text)
        return _digest([splits[task.unlabelled_split]])

    def files(self, task: Task) -> dict[str, list[Path]]:
        """Return all files of the folders that contain the task's splits."""
        root = local_path(self.text)
        split_files = (file for split in self._splits(task).values() for file in split.files)
        folders = {folder for file in split_files for folder in file.parents if folder.is_relative_to(root)}
        return {self.text: sorted(path for folder in folders for path in folder.iterdir() if path.is_file())}

    def load_unlabelled(self, task: Task) -> "DatasetDict":
        return schema.load_unlabelled(self._splits(task), task, self.text)

    def load(self, task: Task) -> "DatasetDict":
        return schema.load(self._splits(task), task, self.text)

    def _splits(self, task: Task) -> Splits:
        try:
            return self._found(task)
        except OSError as error:
            message = f"the data folder {self.text} cannot be read: {error.strerror or error}"
            raise DataError(message) from error

    def _found(self, task: Task) -> Splits:
        folder = local_path(self.text)
        if not folder.is_dir():
            state = "is a file" if folder.exists() else "does not exist"
            hint = suggestion(self.text, ("hub", "sample"))
            raise DataError(f"the data folder {self.text} {state}: {hint or 'give a folder, `hub` or `sample`'}")
        for layout in LAYOUTS:
            if splits := layout.splits(folder, task):
                return splits
        there = {name for layout in LAYOUTS for name in layout.configurations(folder)}
        raise DataError(schema.no_task(task, self.text, there))


def _digest(splits: Iterable[Split]) -> str:
    """Return the digest of the files of splits."""
    total = hashlib.sha256()
    for split in splits:
        total.update(f"{type(split).__name__} {len(split.files)}\n".encode())
        for path in split.files:
            total.update(digest_of_file(path))
    return f"sha256:{total.hexdigest()}"
