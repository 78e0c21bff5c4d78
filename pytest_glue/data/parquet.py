"""The hub's layout: `FOLDER/<configuration>/<split>-*.parquet`, or `<split>.parquet`."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_glue.core.errors import DataError
from pytest_glue.core.tasks import Task
from pytest_glue.data.fingerprint import require_file
from pytest_glue.data.splits import Splits, names_of_classes

if TYPE_CHECKING:
    from datasets import Dataset


def splits(folder: Path, task: Task) -> Splits:
    """Return the task's splits by name; empty if there are none."""
    return splits_of((folder / task.configuration).glob("*.parquet"))


def configurations(folder: Path) -> set[str]:
    """Return the names of the subfolders with parquet files."""
    return {path.parent.name for path in folder.glob("*/*.parquet")}


def splits_of(files: Iterable[Path | str]) -> Splits:
    """Group files into splits by their names; the files need not exist.

    Raises:
        DataError: some of a split's numbered files are missing.
    """
    found: dict[str, list[Path]] = {}
    for path in sorted(map(Path, files)):
        if match := re.fullmatch(r"(\w+)(-.*)?\.parquet", path.name):
            found.setdefault(match[1], []).append(path)
    for name, paths in found.items():
        _require_all(name, paths)
    return {name: ParquetSplit(tuple(paths)) for name, paths in found.items()}


def _require_all(split: str, paths: list[Path]) -> None:
    totals = {int(match[1]) for path in paths if (match := re.search(r"-of-(\d+)\.parquet$", path.name))}
    if totals and totals != {len(paths)}:
        message = (
            f"{paths[0].parent}: split {split!r} is incomplete or mixed: "
            f"{len(paths)} files, whose names say {' and '.join(map(str, sorted(totals)))}"
        )
        raise DataError(message)


@dataclass(frozen=True, slots=True)
class ParquetSplit:
    """A split in one or more parquet files."""

    files: tuple[Path, ...]

    @property
    def path(self) -> Path:
        return self.files[0]

    def columns(self) -> list[str]:
        return list(_open(self.path).schema_arrow.names)

    def read(self) -> "Dataset":
        """Return the examples, with the features that are embedded in the files."""
        import pyarrow as pa
        from datasets import Dataset

        try:
            # `load_dataset` would write a copy into its cache, which takes longer than to read the file.
            tables = [_decoded(_open(path).read()) for path in self.files]
            return Dataset(pa.concat_tables(tables, promote_options="default"))
        except DataError:
            raise
        except Exception as error:  # what a damaged or foreign file raises depends on the versions of the libraries
            raise DataError(f"{self.path} cannot be read: {type(error).__name__}: {error}") from error

    def class_names(self, column: str) -> tuple[str, ...]:
        """Return the names that `datasets` wrote into the file for a column of classes; empty if there are none."""
        metadata = (_open(self.path).schema_arrow.metadata or {}).get(b"huggingface", b"{}")
        return names_of_classes(json.loads(metadata).get("info", {}).get("features", {}).get(column))

    def values(self, columns: Iterable[str]) -> dict[str, list[Any]]:
        tables = [_open(path).read(list(columns)) for path in self.files]
        return {name: [value for table in tables for value in table[name].to_pylist()] for name in columns}

    def location(self, index: int) -> str:
        return f"{self.path}, example {index + 1}"


def _decoded(table: Any) -> Any:
    """Return a table without dictionaries, as pandas writes for categories, which `datasets` does not read."""
    import pyarrow as pa

    for index, field in enumerate(table.schema):
        if pa.types.is_dictionary(field.type):
            table = table.set_column(index, field.name, table[field.name].cast(field.type.value_type))
    return table


def _open(path: Path) -> Any:
    import pyarrow as pa
    from pyarrow import parquet

    require_file(path)
    try:
        return parquet.ParquetFile(path, page_checksum_verification=True)
    except (OSError, pa.ArrowException) as error:
        raise DataError(f"{path} cannot be read as parquet: {error}") from error
