"""Files with JSON lines: an object on each line, with a value for each column."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pytest_glue.core.errors import DataError
from pytest_glue.data.csv_file import not_utf8
from pytest_glue.data.fingerprint import require_file


class JsonLinesFormat:
    """The format of such a file. Values have types; null, or no value, is missing."""

    def columns(self, path: Path) -> list[str]:
        """Return the names in the first line.

        Raises:
            DataError: the file cannot be read.
        """
        _, first = next(_objects(path), (0, {}))
        return list(first)

    def read(self, path: Path) -> dict[str, list[Any]]:
        """Return the values by column.

        Raises:
            DataError: the file cannot be read, or a line is no JSON object.
        """
        rows = [row for _, row in _objects(path)]
        if not rows:
            raise DataError(f"{path} has no lines")
        names = dict.fromkeys(name for row in rows for name in row)
        return {name: [row.get(name) for row in rows] for name in names}

    def line(self, path: Path, index: int) -> int:
        """Return the number of the line of the object with that index."""
        return next(line for number, (line, _) in enumerate(_objects(path)) if number == index)


def _objects(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield line number and object; empty lines are left out."""
    import msgspec

    require_file(path)
    decoder = msgspec.json.Decoder()
    number = 1
    try:
        with path.open(encoding="utf-8-sig") as file:
            for number, line in enumerate(file, start=1):
                if text := line.strip():
                    if text == "[":
                        raise DataError(f"{path} is a JSON array: write its objects on a line each, without commas")
                    row = decoder.decode(text)
                    if not isinstance(row, dict):
                        raise DataError(
                            f"{path}:{number}: {text[:40]!r} is no JSON object: write one on each line, as in "
                            '{"text": "...", "label": "..."}'
                        )
                    yield number, row
    except UnicodeDecodeError as error:
        raise DataError(not_utf8(path, error)) from error
    except msgspec.DecodeError as error:
        raise DataError(f"{path}:{number}: this line is no JSON: {error}") from error
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}") from error
