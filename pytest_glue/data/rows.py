"""Files with a row for each example: comma- or tab-separated values with a header, and JSON lines."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path, PurePath
from typing import Any

from pytest_glue.core.errors import DataError
from pytest_glue.data.fingerprint import require_file

_DELIMITERS = {".csv": ",", ".tsv": "\t"}
ENDINGS = (*_DELIMITERS, ".jsonl")


def is_known(path: PurePath) -> bool:
    """Return whether a file has one of the accepted endings."""
    return path.suffix.lower() in ENDINGS


def columns_of(path: Path) -> list[str]:
    """Return the columns in the header, or in the first line of JSON.

    Raises:
        DataError: the file cannot be read or has no rows.
    """
    return list(next(_rows(path))[1])


def read_rows(path: Path) -> dict[str, list[Any]]:
    """Return the values by column; None where a row has none, or an empty text.

    Raises:
        DataError: the file cannot be read or has no rows, or a row has more or fewer values than the header.
    """
    rows = [row for _, row in _rows(path)]
    return {name: [row.get(name) if row.get(name) != "" else None for row in rows] for name in rows[0]}


def _rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield line number and values of each row, of at least one."""
    require_file(path)
    line = 0
    read = _separated if path.suffix.lower() in _DELIMITERS else _objects
    try:
        for line, row in read(path):
            yield line, row
    except (UnicodeDecodeError, csv.Error, ValueError) as error:
        raise DataError(f"{path}: after line {line}: {error}") from error
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}") from error
    if not line:
        raise DataError(f"{path} has no rows")


def _separated(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, delimiter=_DELIMITERS[path.suffix.lower()], strict=True)
        header = next(reader, [])
        for row in filter(None, reader):
            if len(row) != len(header):
                raise DataError(
                    f"{path}:{reader.line_num}: {len(row)} values, and the header has {len(header)} columns"
                )
            yield reader.line_num, dict(zip(header, row, strict=True))


def _objects(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    with path.open(encoding="utf-8-sig") as file:
        for number, line in enumerate(file, start=1):
            if line.strip():
                row = json.loads(line)
                if not isinstance(row, dict):
                    raise DataError(f"{path}:{number}: {line.strip()[:40]!r} is no JSON object")
                yield number, row
