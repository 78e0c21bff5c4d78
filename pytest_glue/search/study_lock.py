"""The lock of a study: of several processes on this machine one runs its trials, and the others wait."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from tempfile import gettempdir

from filelock import FileLock

from pytest_glue.core.errors import SearchError
from pytest_glue.search.backend import StudySpec

_SQLITE = "sqlite"


@contextmanager
def locked(spec: StudySpec, name: str = "") -> Iterator[None]:
    """Hold the lock of a study's storage, or of what the name means in it. Its file is deleted afterwards.

    Raises:
        SearchError: the storage cannot be written.
    """
    database = database_file(spec.storage)
    path = _lock_file(spec.storage, database, name)
    lock = FileLock(path)
    try:
        if database is not None:
            path.parent.stat()  # raises if it does not exist: SQLite does not create it, and the lock would
        lock.acquire()
    except (OSError, NotImplementedError) as error:
        cause = getattr(error, "strerror", None) or error
        raise SearchError(f"--glue-search-storage={spec.storage} cannot be written: {cause}") from None
    try:
        yield
    finally:
        with suppress(OSError):
            path.unlink()  # a process that waits for the lock opens it anew with each try
        lock.release()


def is_url(storage: str) -> bool:
    return "://" in storage


def database_file(storage: str) -> Path | None:
    """Return the file of an SQLite database; None for other storages."""
    if not is_url(storage) or not storage.startswith(_SQLITE):
        return None
    from sqlalchemy.engine import make_url

    database = make_url(storage).database
    return Path(database).absolute() if database and not database.startswith(("file:", ":memory:")) else None


def _lock_file(storage: str, database: Path | None, name: str) -> Path:
    """Return the file of a lock, beside what it locks: processes may have different folders for temporary files."""
    if database is not None:
        folder, of = database.parent, str(database.resolve())
    else:
        folder, of = Path(gettempdir() if is_url(storage) else storage), storage
    digest = sha256(f"{of}\n{name}".encode()).hexdigest()
    return folder / f".{digest[:16]}.lock"
