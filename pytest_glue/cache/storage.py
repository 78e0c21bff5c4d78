"""The folder of the cache: a file for each run, named after its key; its total size is bounded."""

import os
import shutil
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from pytest_glue.cache.entry import Entry, EntryError
from pytest_glue.cache.key import Key
from pytest_glue.config.options import Options
from pytest_glue.core.errors import OptionError
from pytest_glue.core.file_problems import regular_file
from pytest_glue.core.paths import replace_file, user_path

SUFFIX = ".run"
MAX_BYTES = 1_000_000_000
_A_DAY_S = 24 * 60 * 60.0
_RESUME_STATES = "unfinished"
_RESUME_STATES_S = 7 * _A_DAY_S


@dataclass(frozen=True, slots=True)
class CacheFile:
    """The file of a cache entry."""

    path: Path
    n_bytes: int
    used_at: float
    """The time of the last read or write, in seconds since 1970."""

    @property
    def entry(self) -> Entry | None:
        """The entry; None if it cannot be read."""
        try:
            return Entry.from_bytes(regular_file(self.path).read_bytes())
        except (OSError, EntryError):
            return None


@dataclass(frozen=True, slots=True)
class RunCache:
    """Finished runs in a folder that several processes and machines may share.

    Every method may raise OSError: the caller decides whether a cache that does not work matters.
    """

    folder: Path
    max_bytes: int = MAX_BYTES

    @property
    def problem(self) -> OSError | None:
        """Why the folder cannot be read; None if it can, or is missing."""
        try:
            with os.scandir(self.folder):
                return None
        except FileNotFoundError:
            return None
        except OSError as error:
            return error

    def path(self, key: Key) -> Path:
        """Return the file of a run, which need not exist."""
        return self.folder / key.name[:2] / f"{key.name}{SUFFIX}"

    def read(self, key: Key) -> Entry | None:
        """Return the entry of a run, and update the time of its last use; None if there is none.

        Raises:
            EntryError: the file is damaged, has another format, or holds another run than its name says.
        """
        path = self.path(key)
        try:
            content = regular_file(path).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        entry = Entry.from_bytes(content)
        if entry.key.name != key.name:
            raise EntryError("holds another run than its name says")
        entry.check_scores()
        with suppress(OSError):  # the folder may be read-only
            os.utime(path)
        return entry

    def write(self, entry: Entry) -> None:
        """Write or replace an entry, then delete the least recently used ones above `max_bytes`."""
        replace_file(self.path(entry.key), entry.to_bytes())
        self._evict()

    @contextmanager
    def locked(self, key: Key) -> Iterator[None]:
        """Hold the lock of a run; the operating system frees the lock of a process that dies."""
        from filelock import FileLock

        path = self.path(key).with_suffix(".lock")
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path):
            yield
        # A waiting process gets the deleted file, a new one makes another. Both read the entry before they train.
        if self.path(key).exists():
            with suppress(OSError):
                path.unlink()

    def resume_state(self, key: Key) -> Path:
        """Return the folder from which a stopped run can resume."""
        return self.folder / _RESUME_STATES / key.name

    def resume_state_bytes(self) -> int:
        """Return the total size of the states of stopped and of current runs."""
        total = 0
        for path in (self.folder / _RESUME_STATES).glob("*/*/*"):
            with suppress(FileNotFoundError, NotADirectoryError):  # replaced by another process
                total += path.stat().st_size
        return total

    def drop_resume_states(self, older_than_s: float = 0.0) -> None:
        """Delete the states that were last written at least so many seconds ago."""
        for folder in self.folder.glob(f"{_RESUME_STATES}/*"):
            with suppress(OSError):
                if time.time() - folder.stat().st_mtime >= older_than_s:
                    shutil.rmtree(folder)

    def files(self) -> list[CacheFile]:
        """Return the files of all entries, the least recently used first."""
        found = []
        for path in self.folder.glob(f"??/*{SUFFIX}"):
            with suppress(FileNotFoundError):  # deleted by another process
                status = path.lstat()
                if not stat.S_ISDIR(status.st_mode):
                    found.append(CacheFile(path, status.st_size, status.st_mtime))
        return sorted(found, key=lambda file: (file.used_at, file.path))

    def drop(self, file: CacheFile) -> None:
        file.path.unlink(missing_ok=True)

    def unwritable(self, error: OSError) -> str:
        """Return the note about a run that could not be cached."""
        return f"not cached: the cache {self.folder} cannot be written ({error.strerror or error})"

    def _evict(self) -> None:
        files = self.files()
        excess = sum(file.n_bytes for file in files) - self.max_bytes
        for file in files[:-1]:
            if excess <= 0:
                break
            self.drop(file)
            excess -= file.n_bytes
        for path in self.folder.glob("??/.*"):  # temporary files of processes that were killed while they wrote
            with suppress(OSError):
                if time.time() - path.stat().st_mtime > _A_DAY_S:
                    path.unlink()
        self.drop_resume_states(_RESUME_STATES_S)


VARIABLE = "PYTEST_GLUE_CACHE"
"""The environment variable that names the default folder."""


def folder_of(options: Options) -> Path:
    """Return the folder that the options name, or the default one."""
    return options.cache_dir or default_folder()


def default_folder() -> Path:
    """Return the folder that `PYTEST_GLUE_CACHE` names, or one below the platform's folder for caches.

    Raises:
        OptionError: the variable names a path that no folder can have.
    """
    if named := os.environ.get(VARIABLE):
        try:
            return user_path(named)
        except OptionError as error:
            raise OptionError(f"{VARIABLE}: {error}") from None
    return _caches() / "pytest-glue" / "runs"


def _caches() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    named = os.environ.get("XDG_CACHE_HOME", "")
    return Path(named) if Path(named).is_absolute() else Path.home() / ".cache"
