"""The folder of the cache: reading, deleting and locking."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_glue.cache.entry import Entry, EntryError
from pytest_glue.cache.storage import RunCache

EntryOf = Callable[..., Entry]

HOLDS_A_LOCK = """
import sys, time
from filelock import FileLock
with FileLock(sys.argv[1]):
    print("held", flush=True)
    time.sleep(float(sys.argv[2]))
"""


def test_write_and_read(run_cache: RunCache, entry_of: EntryOf) -> None:
    """An entry is found by its key, in a folder that the first write makes; another key finds nothing."""
    entry = entry_of()
    assert run_cache.read(entry.key) is None
    run_cache.write(entry)
    found = run_cache.read(entry.key)
    assert found is not None
    assert entry.run == found.run
    assert run_cache.read(entry_of(seed=7).key) is None


def test_a_file_of_another_run(run_cache: RunCache, entry_of: EntryOf) -> None:
    """A renamed file is not taken for the run that its name says."""
    entry, other = entry_of(), entry_of(seed=7)
    run_cache.write(entry)
    run_cache.path(other.key).parent.mkdir(parents=True, exist_ok=True)
    run_cache.path(entry.key).rename(run_cache.path(other.key))
    with pytest.raises(EntryError, match="holds another run than its name says"):
        run_cache.read(other.key)


def test_the_least_recently_used_entry_is_deleted(tmp_path: Path, entry_of: EntryOf) -> None:
    """Above the size limit, a new entry replaces the one that was neither read nor written for longest."""
    entries = [entry_of(seed=seed) for seed in range(4)]
    run_cache = RunCache(tmp_path, max_bytes=3 * max(len(entry.to_bytes()) for entry in entries))
    for age, entry in zip((300, 200, 100), entries, strict=False):
        run_cache.write(entry)
        os.utime(run_cache.path(entry.key), (time.time() - age,) * 2)
    run_cache.read(entries[0].key)

    run_cache.write(entries[3])

    assert [0, 2, 3] == [seed for seed, entry in enumerate(entries) if run_cache.read(entry.key) is not None]


def test_the_newest_entry_stays(tmp_path: Path, entry_of: EntryOf) -> None:
    """A limit below the size of one entry keeps the one that was just written."""
    run_cache = RunCache(tmp_path, max_bytes=1)
    run_cache.write(entry_of(seed=1))
    run_cache.write(entry_of(seed=2))
    assert [2] == [file.entry.run.seed for file in run_cache.files() if file.entry]


def test_other_files_in_the_folder_are_left_alone(tmp_path: Path, entry_of: EntryOf) -> None:
    """Files that are not entries are neither listed nor deleted, whatever the limit."""
    (tmp_path / "ab").mkdir()
    mine = [tmp_path / "thesis.run", tmp_path / "ab" / "model.bin"]
    for file in mine:
        file.write_bytes(b"x" * 100)
    run_cache = RunCache(tmp_path, max_bytes=1)
    run_cache.write(entry_of())
    assert all(file.exists() for file in mine)
    assert 1 == len(run_cache.files())


def test_temporary_files_of_killed_writers(run_cache: RunCache, entry_of: EntryOf) -> None:
    """A temporary file that was never renamed into place is deleted after a day."""
    entry = entry_of()
    run_cache.write(entry)
    folder = run_cache.path(entry.key).parent
    old, new = folder / ".a.run.1-2", folder / ".b.run.1-2"
    for file in (old, new):
        file.touch()
    os.utime(old, (time.time() - 90_000,) * 2)
    run_cache.write(entry)
    assert (False, True) == (old.exists(), new.exists())


def hold(run_cache: RunCache, entry: Entry, seconds: float) -> subprocess.Popen[str]:
    """Hold the lock of a run in another process."""
    lock = run_cache.path(entry.key).with_suffix(".lock")
    lock.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-c", HOLDS_A_LOCK, str(lock), str(seconds)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    assert "held\n" == process.stdout.readline()
    return process


def test_a_lock_is_waited_for(run_cache: RunCache, entry_of: EntryOf) -> None:
    """The lock of a run waits for the process that holds it; the lock of another run does not."""
    entry = entry_of()
    process = hold(run_cache, entry, 1)
    with run_cache.locked(entry_of(seed=7).key):
        assert process.poll() is None
    with run_cache.locked(entry.key):
        assert process.wait(timeout=5) == 0


def test_the_lock_of_a_killed_process_is_free(run_cache: RunCache, entry_of: EntryOf) -> None:
    """A process that dies while it holds a lock blocks no other."""
    entry = entry_of()
    process = hold(run_cache, entry, 600)
    process.send_signal(signal.SIGKILL)
    process.wait()
    with run_cache.locked(entry.key):
        pass


def test_the_lock_file_of_a_cached_run_is_deleted(run_cache: RunCache, entry_of: EntryOf) -> None:
    """Once the run is cached, only its entry is left."""
    entry = entry_of()
    with run_cache.locked(entry.key):
        run_cache.write(entry)
    assert [run_cache.path(entry.key)] == [path for path in run_cache.folder.rglob("*") if path.is_file()]
