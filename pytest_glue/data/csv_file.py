"""Files with comma- or tab-separated values: a header with the columns, quotes around values with separators."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytest_glue.core.errors import DataError
from pytest_glue.data.fingerprint import require_file

_LONGEST_VALUE = 2**31 - 1
"""In characters; by default it is 131072, and texts can be longer."""


@dataclass(frozen=True, slots=True)
class CsvFormat:
    """How a file separates values. Every value is a text, and an empty one is missing."""

    delimiter: str

    def columns(self, path: Path) -> list[str]:
        """Return the names in the header.

        Raises:
            DataError: the file cannot be read, or two columns have the same name.
        """
        _, header = next(self._rows(path), (0, []))
        if repeated := [name for name in header if header.count(name) > 1]:
            raise DataError(f"{path}:1: the header has the column {repeated[0]!r} twice")
        return header

    def read(self, path: Path) -> dict[str, list[Any]]:
        """Return the values by column.

        Raises:
            DataError: the file cannot be read, has no rows, or a row has more or fewer values than the header.
        """
        header, rows = self.columns(path), self._rows(path)
        next(rows)
        values: list[list[str]] = []
        for line, row in rows:
            if len(row) != len(header):
                raise DataError(f"{path}:{line}: {len(row)} values, and the header has {len(header)} columns: {header}")
            values.append(row)
        if not values:
            raise DataError(f"{path} has a header and no rows")
        return {
            name: [value or None for value in each]
            for name, each in zip(header, zip(*values, strict=True), strict=True)
        }

    def line(self, path: Path, index: int) -> int:
        """Return the number of the line on which the row with that index starts."""
        rows = self._rows(path)
        next(rows)
        return next(line for number, (line, _) in enumerate(rows) if number == index)

    def _rows(self, path: Path) -> Iterator[tuple[int, list[str]]]:
        """Yield the number of its first line and the values of each row; empty lines are left out."""
        require_file(path)
        try:
            with path.open(encoding="utf-8-sig", newline="") as file:
                csv.field_size_limit(_LONGEST_VALUE)
                reader, line = csv.reader(file, delimiter=self.delimiter, strict=True), 1
                for row in reader:
                    if row:
                        yield line, row
                    line = reader.line_num + 1
        except UnicodeDecodeError as error:
            raise DataError(not_utf8(path, error)) from error
        except csv.Error as error:
            raise DataError(
                f"{path}:{line}: {error}: a value with a quote, a separator or a line break needs quotes around it, "
                "and quotes in it are doubled"
            ) from error
        except OSError as error:
            raise DataError(f"{path} cannot be read: {error.strerror or error}") from error


def not_utf8(path: Path, error: UnicodeDecodeError) -> str:
    """Return the message about a file that is not UTF-8, with the first line that is not."""
    line = 1
    with path.open("rb") as file:
        for line, content in enumerate(file, start=1):  # noqa: B007 - used after the loop
            try:
                content.decode("utf-8")
            except UnicodeDecodeError as found:
                error = found
                break
    return f"{path}:{line}: byte {error.object[error.start]:#04x} is not UTF-8: save the file as UTF-8"
