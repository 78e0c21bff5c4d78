"""The folder of the store: a file for each run, found by its key, replaced as a whole, and bounded in size."""

import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from pytest_glue.cache.entry import Entry, EntryError
from pytest_glue.cache.key import Key
from pytest_glue.config.options import Options
from pytest_glue.core.paths import replace_file

SUFFIX = ".run"
MAX_BYTES = 1_000_000_000
_A_DAY_S = 24 * 60 * 60.0
_RESUME_STATES = "unfinished"
_RESUME_STATES_S = 7 * _A_DAY_S


@dataclass(frozen=True, slots=True)
class CacheFile:
    """A file of the store."""

    path: Path
    n_bytes: int
    used_at: float
    """When it was last read or written, in seconds since 1970."""

    @property
    def entry(self) -> Entry | None:
        """What it holds; None where that cannot be read."""
        try:
            return Entry.from_bytes(self.path.read_bytes())
        except (OSError, EntryError):
            return None


@dataclass(frozen=True, slots=True)
class RunCache:
    """Finished runs in a folder that several processes and machines may share.

    Every method may raise OSError: whoever asks decides whether a store that does not work matters.
    """

    folder: Path
    max_bytes: int = MAX_BYTES

    def path(self, key: Key) -> Path:
        """Return the file of a run."""
        return self.folder / key.name[:2] / f"{key.name}{SUFFIX}"

    def read(self, key: Key) -> Entry | None:
        """Return the entry of a run and note that it was used; None where there is none.

        Raises:
            EntryError: the file is damaged, of another version, or of another run than its name says.
        """
        path = self.path(key)
        try:
            content = path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        entry = Entry.from_bytes(content)
        if entry.key.name != key.name:
            raise EntryError("is of another run than its name says")
        with suppress(OSError):  # a folder that may only be read
            os.utime(path)
        return entry

    def write(self, entry: Entry) -> None:
        """Keep an entry in place of what was there, and drop what was not used for longest where there is too much."""
        replace_file(self.path(entry.key), entry.to_bytes())
        self._bound()

    @contextmanager
    def locked(self, key: Key) -> Iterator[None]:
        """Let no other process make the run meanwhile; the lock of a process that dies is free at once."""
        from filelock import FileLock

        path = self.path(key).with_suffix(".lock")
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path):
            yield
        # Who waits for it holds the deleted file; who comes now makes a new one. Both look for the entry first.
        if self.path(key).exists():
            with suppress(OSError):
                path.unlink()

    def resume_state(self, key: Key) -> Path:
        """Return the folder of what a run that was stopped left."""
        return self.folder / _RESUME_STATES / key.name

    def resume_state_bytes(self) -> int:
        """Return the size of all that runs left that were stopped, and of those that are under way."""
        total = 0
        for path in (self.folder / _RESUME_STATES).glob("*/*/*"):
            with suppress(FileNotFoundError, NotADirectoryError):  # replaced by another process
                total += path.stat().st_size
        return total

    def drop_resume_states(self, older_than_s: float = 0.0) -> None:
        """Delete what runs left that were stopped, where nothing was saved there for so many seconds."""
        for left in self.folder.glob(f"{_RESUME_STATES}/*"):
            with suppress(OSError):
                if time.time() - left.stat().st_mtime >= older_than_s:
                    shutil.rmtree(left)

    def files(self) -> list[CacheFile]:
        """Return the files of the store, the one first that was not used for longest."""
        found = []
        for path in self.folder.glob(f"??/*{SUFFIX}"):
            with suppress(FileNotFoundError):  # dropped by another process
                stat = path.stat()
                found.append(CacheFile(path, stat.st_size, stat.st_mtime))
        return sorted(found, key=lambda kept: (kept.used_at, kept.path))

    def drop(self, kept: CacheFile) -> None:
        """Delete a file of the store."""
        kept.path.unlink(missing_ok=True)

    def _bound(self) -> None:
        files = self.files()
        excess = sum(kept.n_bytes for kept in files) - self.max_bytes
        for kept in files[:-1]:
            if excess <= 0:
                break
            self.drop(kept)
            excess -= kept.n_bytes
        for left in self.folder.glob("??/.*"):  # by a process that was killed while it wrote
            with suppress(OSError):
                if time.time() - left.stat().st_mtime > _A_DAY_S:
                    left.unlink()
        self.drop_resume_states(_RESUME_STATES_S)  # nobody went on with it


VARIABLE = "PYTEST_GLUE_CACHE"
"""The environment variable that names another folder."""


def folder_of(options: Options) -> Path:
    """Return the folder of an item's store."""
    return options.cache_dir or default_folder()


def default_folder() -> Path:
    """Return the folder that `PYTEST_GLUE_CACHE` names, or the one of the platform's caches."""
    if named := os.environ.get(VARIABLE):
        return Path(named).expanduser()
    return _caches() / "pytest-glue" / "runs"


def _caches() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    named = os.environ.get("XDG_CACHE_HOME", "")
    return Path(named) if Path(named).is_absolute() else Path.home() / ".cache"
