"""The protocols of a folder layout and of its splits, whose columns are known without reading the examples."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

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


class OwnSplit(Split, Protocol):
    """A split of a user's own task, from which labels can be inferred and whose rows can be found again."""

    def class_names(self, column: str) -> tuple[str, ...]:
        """Return the names of the classes that the file records for a column; empty if it records none.

        Raises:
            DataError: the file cannot be read.
        """
        ...

    def values(self, columns: Iterable[str]) -> Mapping[str, Sequence[Any]]:
        """Return the values of some columns, each of which the split has.

        Raises:
            DataError: as for `read`.
        """
        ...

    def location(self, index: int) -> str:
        """Return where a message can say that an example is: file and line, or file and number."""
        ...


Splits = Mapping[str, Split]


def names_of_classes(feature: Any) -> tuple[str, ...]:
    """Return the names of a `ClassLabel`, given as its JSON; empty for any other feature."""
    is_class = isinstance(feature, dict) and feature.get("_type") == "ClassLabel"
    return tuple(feature.get("names") or ()) if is_class else ()


class FolderLayout(Protocol):
    """A way to store tasks in a folder: a module with these two functions."""

    def splits(self, folder: Path, task: Task) -> Splits:
        """Return the task's splits by name; empty if the folder does not have the task in this layout."""
        ...

    def configurations(self, folder: Path) -> set[str]:
        """Return the configurations that the folder has in this layout."""
        ...
