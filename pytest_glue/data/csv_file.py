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

_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "vertical bars", ",": "commas"}
_REMEDIES = {
    "\t": "Give it the ending .tsv",
    ",": "Give it the ending .csv",
    **dict.fromkeys(
        (";", "|"), "Save it with commas, such as `pandas.read_csv(FILE, sep=...).to_csv(FILE, index=False)`"
    ),
}
_QUOTES = (
    "a value with a quote at its start, a separator or a line break needs quotes around it, and quotes in it are "
    'doubled, as in """Yes"", he said"'
)


@dataclass(frozen=True, slots=True)
class CsvFormat:
    """How a file separates values. Every value is a text, and an empty one is missing."""

    delimiter: str
    name: str
    """The separator, for messages."""

    def columns(self, path: Path) -> list[str]:
        """Return the names in the header.

        Raises:
            DataError: the file cannot be read, two columns have the same name, or another separator is between them.
        """
        _, header = next(self._rows(path), (0, []))
        if len(header) == 1 and (other := next((each for each in _SEPARATORS if each in header[0]), None)):
            raise DataError(
                f"{path}:1: the header is the single column {header[0]!r}: values are separated by {self.name} in a "
                f"{path.suffix} file, and this one seems to have {_SEPARATORS[other]}. {_REMEDIES[other]}"
            )
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
                    if self.delimiter == "\t" and any("\n" in value and "\t" in value for value in row):
                        raise DataError(
                            f"{path}:{line}: the quote that opens a value is closed on line {reader.line_num} only, "
                            f"with tabs in between; {_QUOTES}"
                        )
                    if row:
                        yield line, row
                    line = reader.line_num + 1
        except UnicodeDecodeError as error:
            raise DataError(not_utf8(path, error)) from error
        except csv.Error as error:
            cause = "a quote opens a value, and none closes it" if "end of data" in str(error) else str(error)
            raise DataError(f"{path}:{line}: {cause}; {_QUOTES}") from error
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
