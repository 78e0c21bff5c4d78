"""Files with the examples of a split: CSV, TSV, JSON lines or parquet, told apart by their endings."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol

from pytest_glue.core.errors import DataError
from pytest_glue.core.tasks import Task
from pytest_glue.data.csv_file import CsvFormat
from pytest_glue.data.json_lines import JsonLinesFormat
from pytest_glue.data.labels import raw_columns
from pytest_glue.data.parquet import ParquetSplit
from pytest_glue.data.splits import OwnSplit

if TYPE_CHECKING:
    from datasets import Dataset


class RowFormat(Protocol):
    """A format of rows, which are lines of a text."""

    def columns(self, path: Path) -> list[str]: ...

    def read(self, path: Path) -> dict[str, list[Any]]: ...

    def line(self, path: Path, index: int) -> int: ...


_ROWS: Mapping[str, RowFormat] = MappingProxyType(
    {
        ".csv": CsvFormat(",", "commas"),
        ".tsv": CsvFormat("\t", "tabs"),
        ".jsonl": JsonLinesFormat(),
        ".ndjson": JsonLinesFormat(),
        ".json": JsonLinesFormat(),
    }
)
PARQUET = ".parquet"
ENDINGS = (PARQUET, ".jsonl", ".ndjson", ".json", ".csv", ".tsv")
"""The accepted endings; a dataset on the hub with several is read from files with the first of them."""
_ALIASES = {"dev": "validation", "valid": "validation", "val": "validation"}


@dataclass(frozen=True, slots=True)
class RowSplit:
    """A split in one or more files of rows, all with the same ending."""

    files: tuple[Path, ...]
    typed: tuple[str, ...]
    """The columns whose values need one type; values of several types in others become texts."""

    @property
    def path(self) -> Path:
        return self.files[0]

    def columns(self) -> list[str]:
        """Return the columns that all files have."""
        of_each = [self._format.columns(path) for path in self.files]
        return [name for name in of_each[0] if all(name in columns for columns in of_each)]

    def read(self) -> "Dataset":
        import pyarrow as pa
        from datasets import Dataset

        tables = [
            pa.table({name: self._array(path, name, values) for name, values in self._format.read(path).items()})
            for path in self.files
        ]
        try:
            return Dataset(pa.concat_tables(tables, promote_options="permissive"))
        except pa.ArrowException as error:
            raise DataError(f"{self.path} and the other files of its split hold other types: {error}") from error

    def class_names(self, column: str) -> tuple[str, ...]:  # noqa: ARG002 - a file of rows does not name classes
        return ()

    def values(self, columns: Iterable[str]) -> dict[str, list[Any]]:
        tables = [self._format.read(path) for path in self.files]
        return {name: [value for table in tables for value in table.get(name, ())] for name in columns}

    def location(self, index: int) -> str:
        for path in self.files:
            size = len(next(iter(self._format.read(path).values())))
            if index < size:
                return f"{path}:{self._format.line(path, index)}"
            index -= size
        raise IndexError(index)

    def _array(self, path: Path, column: str, values: list[Any]) -> Any:
        """Return the values of a column as an Arrow array."""
        import pyarrow as pa

        try:
            return pa.array(values)
        except (pa.ArrowException, OverflowError) as error:
            if column not in self.typed:
                return pa.array([None if value is None else str(value) for value in values])
            present = [(index, value) for index, value in enumerate(values) if value is not None]
            if large := next((each for each in present if _is_large(each[1])), None):
                raise DataError(
                    f"{path}:{self._format.line(path, large[0])}: column {column!r} has {large[1]}, an integer of more "
                    "than 64 bits: make texts of the column's values, in quotes"
                ) from error
            index, other = next((each for each in present if type(each[1]) is not type(present[0][1])), present[0])
            raise DataError(
                f"{path}:{self._format.line(path, index)}: column {column!r} has {other!r}, and {present[0][1]!r} "
                f"before: all values of a column need the same type ({error})"
            ) from error

    @property
    def _format(self) -> RowFormat:
        return _ROWS[self.path.suffix.lower()]


def _is_large(value: Any) -> bool:
    return isinstance(value, int) and not -(2**63) <= value < 2**63


def open_split(files: Iterable[Path], task: Task) -> OwnSplit:
    """Return the split of a task in some files, which have the same known ending."""
    ordered = tuple(files)
    typed = (*task.text_columns, *raw_columns(task))
    return ParquetSplit(ordered) if is_parquet(ordered[0]) else RowSplit(ordered, typed)


def is_parquet(path: PurePath) -> bool:
    return path.suffix.lower() == PARQUET


def is_known(path: PurePath) -> bool:
    """Return whether a file has one of the accepted endings."""
    return path.suffix.lower() in ENDINGS


def split_name(name: str, task: Task) -> str:
    """Return the split that a file or folder name stands for: train for `train-00000-of-00002`, validation for dev."""
    match = re.match(r"\w+", name)
    found = match[0] if match else name
    own = {task.train_split, task.evaluation_split, task.unlabelled_split}
    return found if found in own else _ALIASES.get(found, found)


def splits_in_folder(folder: Path, task: Task) -> dict[str, OwnSplit]:
    """Return the splits in a folder with files such as train.csv, by name; empty if there are none.

    Raises:
        DataError: two files of a split are not parts of one, or a part is missing.
    """
    found: dict[str, list[Path]] = {}
    for path in sorted(folder.iterdir()):
        if is_known(path) and not path.name.startswith("."):
            found.setdefault(split_name(path.stem, task), []).append(path)
    used = {*task.needed_splits, task.unlabelled_split}
    for name, paths in found.items():
        if name in used:
            _check_parts(folder, name, paths)
    return {name: open_split(paths, task) for name, paths in found.items() if len({path.suffix for path in paths}) == 1}


def _check_parts(folder: Path, split: str, paths: Sequence[Path]) -> None:
    """Check that several files of a split are its numbered parts, and that none of these is missing.

    Raises:
        DataError: they are not, or one is missing.
    """
    parts = [re.fullmatch(r"(\w+)-\d+(?:-of-(\d+))?(?:-\w+)?", path.stem) for path in paths]
    kinds = {
        (part[1] if part else path.stem, path.suffix.lower()): path for part, path in zip(parts, paths, strict=True)
    }
    if len(kinds) > 1:
        first, second, *_ = (path.name for path in kinds.values())
        raise DataError(
            f"{folder}: {first} and {second} are both the split {split!r}: remove one, or name the files of each "
            f'split, as in data = {{ {split} = "{first}" }}'
        )
    totals = {int(part[2]) for part in parts if part and part[2]}
    if totals and totals != {len(paths)}:
        said = " and ".join(map(str, sorted(totals)))
        raise DataError(f"{folder}: split {split!r} is incomplete or mixed: {len(paths)} files, whose names say {said}")
