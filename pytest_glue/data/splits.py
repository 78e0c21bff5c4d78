"""The protocols of a folder layout and of its splits, whose columns are known without reading the examples."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from pytest_glue.core.tasks import Task

if TYPE_CHECKING:
    from datasets import Dataset


class Split(Protocol):
    """One split of a task, on disk."""

    @property
    def path(self) -> Path:
        """The file or folder to name in messages."""
        ...

    @property
    def files(self) -> Sequence[Path]:
        """All files that contain the examples, in a fixed order."""
        ...

    def columns(self) -> Sequence[str]:
        """Return the column names, translated to the task's names, without reading the examples.

        Raises:
            DataError: the file cannot be read.
        """
        ...

    def read(self) -> "Dataset":
        """Return the examples in memory, without writing a cache file.

        Raises:
            DataError: the file cannot be read, or a line of it is malformed.
        """
        ...


Splits = Mapping[str, Split]


class FolderLayout(Protocol):
    """A way to store tasks in a folder: a module with these two functions."""

    def splits(self, folder: Path, task: Task) -> Splits:
        """Return the task's splits by name; empty if the folder does not have the task in this layout."""
        ...

    def configurations(self, folder: Path) -> set[str]:
        """Return the configurations that the folder has in this layout."""
        ...
