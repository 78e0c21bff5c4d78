"""The file of a history: an SQLite database with a table of evaluations.

A file that is damaged, of a newer version or of another program is never written to.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from pytest_glue.core.errors import HistoryError
from pytest_glue.core.file_problems import regular_file
from pytest_glue.history.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

SCHEMA_VERSION = 1
"""In `PRAGMA user_version`."""
APPLICATION_ID = int.from_bytes(b"glue", "big")
"""In `PRAGMA application_id`, so that `file` and this plugin know whose database it is."""
LONG_WAIT_S, SHORT_WAIT_S = 10.0, 1.0
"""How long to wait for another process that writes."""

_JSON = frozenset({"metrics", "runs", "baseline", "recipe", "versions"})
_COLUMNS = tuple(field.name for field in fields(Record))
_TYPES = {
    **dict.fromkeys(("score", "interval_low", "interval_high", "threshold", "duration_s"), "REAL"),
    **dict.fromkeys(("is_dirty", "greater_is_better", "failed", "n_train", "n_eval"), "INTEGER"),
}
_BOOLEANS = ("is_dirty", "greater_is_better", "failed")
_DEFINED = ", ".join(f'"{name}" {_TYPES.get(name, "TEXT")}' for name in _COLUMNS)
_SCHEMA = (
    f"CREATE TABLE evaluation (id INTEGER PRIMARY KEY, {_DEFINED}, UNIQUE (test_run, nodeid))",
    'CREATE INDEX by_task ON evaluation (task, checkpoint, "time")',
    f"PRAGMA application_id = {APPLICATION_ID}",
    f"PRAGMA user_version = {SCHEMA_VERSION}",
)
_NAMES = ", ".join(f'"{name}"' for name in _COLUMNS)
_REPLACED = ", ".join(f'"{name}" = excluded."{name}"' for name in _COLUMNS)
_INSERT = (
    f"INSERT INTO evaluation ({_NAMES}) VALUES ({', '.join('?' * len(_COLUMNS))}) "  # noqa: S608 - constants
    f"ON CONFLICT (test_run, nodeid) DO UPDATE SET {_REPLACED}"
)
_SELECT = f'SELECT {_NAMES} FROM evaluation ORDER BY "time", id'  # noqa: S608 - constants


@dataclass(frozen=True, slots=True)
class HistoryFile:
    """A history that several processes may write to."""

    path: Path

    def append(self, records: Iterable[Record], wait_s: float = LONG_WAIT_S) -> None:
        """Append records; one of the same test run and item is replaced, as that of a test that is run again.

        Args:
            records: all are written, or none.
            wait_s: how long to wait for another process that writes.

        Raises:
            HistoryError: the file cannot be written; it is as it was.
        """
        with self._translated("written"):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            if self.path.exists():
                regular_file(self.path)
            with closing(sqlite3.connect(self.path, timeout=wait_s, isolation_level=None)) as database:
                database.execute("BEGIN IMMEDIATE")  # other writers wait here
                self._prepare(database)
                database.executemany(_INSERT, [_row(record) for record in records])
                database.execute("COMMIT")

    def read(self) -> list[Record]:
        """Return all records in the order of their time.

        Raises:
            HistoryError: the file is missing, damaged, of a newer version or of another program.
        """
        with self._translated("read"):
            regular_file(self.path)
            address = f"file:{quote(str(self.path.absolute()), errors='surrogateescape')}?mode=ro"
            with closing(sqlite3.connect(address, uri=True, timeout=LONG_WAIT_S)) as database:
                if not self._has_version(database):
                    return []
                return [_record(row) for row in database.execute(_SELECT)]

    def _prepare(self, database: sqlite3.Connection) -> None:
        """Create the table in a new file.

        Raises:
            HistoryError: the database is of a newer version or of another program.
        """
        if not self._has_version(database):
            for statement in _SCHEMA:
                database.execute(statement)

    def _has_version(self, database: sqlite3.Connection) -> bool:
        """Return whether the database has this version's table; False if it is empty."""
        version, owner = (
            database.execute(f"PRAGMA {name}").fetchone()[0] for name in ("user_version", "application_id")
        )
        is_empty = not database.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchall()
        if is_empty and version == owner == 0:
            return False
        if owner != APPLICATION_ID:
            raise HistoryError(f"{self._name} is a database of another program: name another file")
        if version > SCHEMA_VERSION:
            raise HistoryError(
                f"{self._name} has the schema version {version}, and this pytest-glue knows versions up to "
                f"{SCHEMA_VERSION}: upgrade pytest-glue, or name another file; nothing was changed"
            )
        return True

    @property
    def _name(self) -> str:
        return f"the history {str(self.path)!r}"

    @contextmanager
    def _translated(self, done: str) -> Iterator[None]:
        """Raise a `HistoryError` for what goes wrong."""
        try:
            yield
        except sqlite3.DatabaseError as error:
            raise HistoryError(f"{self._name} {_problem(error, done)}") from error
        except (LookupError, TypeError, ValueError, sqlite3.Error) as error:
            raise HistoryError(f"{self._name} is damaged ({error}): restore a copy, or name another file") from error
        except OSError as error:
            cause = error.strerror or error
            raise HistoryError(f"{self._name} cannot be {done}: {cause}; {_REMEDIES[done]}") from error


_REMEDIES = {
    "read": "name the file that test runs with --glue-history=FILE write",
    "written": "name a file in a writable folder",
}
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR)


def _problem(error: sqlite3.DatabaseError, done: str) -> str:
    """Return what is wrong with a database, and what to do."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF  # the rest of the code is a detail
    if code in _BUSY:
        return f"cannot be {done}: another process has locked it; try again when that process has ended"
    if code in _DAMAGED:
        return f"is damaged or no history ({error}): restore a copy, or name another file; nothing was changed"
    return f"cannot be {done}: {error}; {_REMEDIES[done]}"


def _row(record: Record) -> list[Any]:
    return [_written(name, value) for name, value in asdict(record).items()]


def _written(name: str, value: Any) -> Any:
    if name in _JSON:
        return json.dumps(value, allow_nan=False)
    return value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value


def _record(row: Sequence[Any]) -> Record:
    """Return the record of a row.

    Raises:
        ValueError: a value has another type than it was written with.
    """
    from pytest_glue.core.serialization import from_plain

    plain = dict(zip(_COLUMNS, row, strict=True))
    plain |= {name: json.loads(plain[name]) for name in _JSON}
    plain |= {name: None if plain[name] is None else bool(plain[name]) for name in _BOOLEANS}
    return from_plain(plain, Record)
