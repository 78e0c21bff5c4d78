"""What the folder layouts have in common: splits that can be looked at without reading them."""

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
        """The file or folder that a message names."""
        ...

    @property
    def files(self) -> Sequence[Path]:
        """All files that the examples are read from, in a fixed order."""
        ...

    def columns(self) -> Sequence[str]:
        """Return the column names, by the task's names where the layout has others; nothing else is read.

        Raises:
            DataError: the file cannot be read.
        """
        ...

    def read(self) -> "Dataset":
        """Return the examples, in memory: no cache is written.

        Raises:
            DataError: the file cannot be read, or a line of it is malformed.
        """
        ...


Splits = Mapping[str, Split]


class FolderLayout(Protocol):
    """A way to keep tasks in a folder: a module with these two functions."""

    def splits(self, folder: Path, task: Task) -> Splits:
        """Return the task's splits by name; empty where the folder does not hold the task in this layout."""
        ...

    def configurations(self, folder: Path) -> set[str]:
        """Return the configurations that the folder holds in this layout."""
        ...
