"""Locks of the runs that one training makes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pytest_glue.cache.entry import Entry
from pytest_glue.cache.key import Key
from pytest_glue.cache.locking import locked
from pytest_glue.cache.storage import RunCache

EntryOf = Callable[..., Entry]


@pytest.fixture
def keys(entry_of: EntryOf) -> list[Key]:
    """The keys of three runs."""
    return [entry_of(seed).key for seed in (1, 2, 3)]


def test_every_process_locks_in_the_same_order(
    run_cache: RunCache, keys: list[Key], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The order in which the keys are given makes no difference, so two processes never wait for each other."""
    orders: list[list[str]] = []

    @contextmanager
    def noted(_: RunCache, key: Key) -> Iterator[None]:
        orders[-1].append(key.name)
        yield

    monkeypatch.setattr(RunCache, "locked", noted)
    for given in (keys, keys[::-1]):
        orders.append([])
        with locked(run_cache, given, pytest.fail):
            pass
    assert sorted(key.name for key in keys) == orders[0] == orders[1]


def test_a_wait_is_noted(run_cache: RunCache, keys: list[Key], monkeypatch: pytest.MonkeyPatch) -> None:
    """A note says how long the process waited for all locks together."""
    now = 100.0

    @contextmanager
    def busy(*_: object) -> Iterator[None]:
        nonlocal now
        now += 20
        yield

    monkeypatch.setattr(RunCache, "locked", busy)
    monkeypatch.setattr("pytest_glue.cache.locking.time.perf_counter", lambda: now)
    notes: list[str] = []
    with locked(run_cache, keys, notes.append):
        assert ["waited 60 s for another process that trained the same run"] == notes


def test_a_file_system_without_locks(run_cache: RunCache, keys: list[Key], monkeypatch: pytest.MonkeyPatch) -> None:
    """Without locks the block runs all the same, with a note."""

    def none(*_: object) -> None:
        raise NotImplementedError

    monkeypatch.setattr(RunCache, "locked", none)
    notes: list[str] = []
    with locked(run_cache, keys, notes.append):
        expected = (
            f"another process may train the same runs: the file system of the cache {run_cache.folder} has no locks"
        )
        assert [expected] == notes


def test_a_folder_that_cannot_be_written(keys: list[Key]) -> None:
    """Where no lock file can be made the block runs all the same, with a note."""
    notes: list[str] = []
    with locked(RunCache(Path("/dev/full/runs")), keys, notes.append):
        assert ["not cached: the cache /dev/full/runs cannot be written (Not a directory)"] == notes
