"""The cache of runs, damaged: each file in each way. The run is trained again, and a note says why."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_glue.cache.cached_runs import CachedRuns
from pytest_glue.cache.entry import Entry
from pytest_glue.cache.file_digests import FileDigests
from pytest_glue.cache.storage import RunCache
from pytest_glue.core.runs import Run
from tests.damage import DAMAGES, remove
from tests.trainings import TrainerRunSource

EntryOf = Callable[..., Entry]
RunsOf = Callable[..., CachedRuns]


def trained(runs: CachedRuns) -> tuple[Run, tuple[str, ...]]:
    """Return the run of seed 1 and the notes."""
    return runs.run(1), runs.notes


@pytest.mark.parametrize("kind", ["entry", "lock"])
def test_every_damage(
    runs_of: RunsOf, trainings: TrainerRunSource, run_cache: RunCache, entry_of: EntryOf, kind: str
) -> None:
    """A damaged entry is trained again; a lock that cannot be taken does not stop the training."""
    expected, _ = trained(runs_of())
    entry = run_cache.path(entry_of(1).key)
    intact = entry.read_bytes()
    for name, damage in DAMAGES.items():
        path = entry
        if kind == "lock":
            entry.unlink()
            path = entry.with_suffix(".lock")
            path.write_bytes(b"0123456789" * 20)
        damage(path)
        found, notes = trained(runs_of())
        assert expected == found, name
        if kind == "entry" and name not in {"missing", "a link to nothing"}:
            assert any(str(entry) in note or "cannot be" in note for note in notes), (name, notes)
        assert len(trainings.seeds) > 1, name
        trainings.seeds[1:] = []
        remove(path)
        entry.write_bytes(intact)
    assert trained(runs_of())[0].cached


def test_another_entry(runs_of: RunsOf, trainings: TrainerRunSource, run_cache: RunCache, entry_of: EntryOf) -> None:
    """An intact entry in the place of another one is not used."""
    runs_of().run(1)
    runs_of().run(2)
    shutil.copy(run_cache.path(entry_of(2).key), run_cache.path(entry_of(1).key))
    runs = runs_of()
    assert 1 == runs.run(1).seed
    assert ["holds another run than its name says" in note for note in runs.notes] == [True]
    assert [1, 2, 1] == trainings.seeds


def test_damaged_digests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A damaged file of a digest is ignored: the digest is computed from the files."""
    monkeypatch.setattr("pytest_glue.cache.file_digests._SETTLED_S", -1)
    model = tmp_path / "model.safetensors"
    model.write_bytes(b"weights")
    digests, right, wrong = FileDigests(tmp_path / "digests"), f"sha256:{'1' * 64}", f"sha256:{'2' * 64}"
    digests.of([model], lambda: wrong)
    (path,) = digests.folder.iterdir()
    cached = path.read_bytes()
    for kind, damage in DAMAGES.items():
        damage(path)
        assert right == digests.of([model], lambda: right), kind
        remove(path)
        path.write_bytes(cached)
    assert wrong == digests.of([model], lambda: right)


def test_damaged_entries_are_listed_and_deleted(run_cache: RunCache, entry_of: EntryOf) -> None:
    """Listing and deleting, as `pytest-glue cache` does, get past whatever has the name of an entry."""
    run_cache.write(entry_of(1))
    path = run_cache.path(entry_of(1).key)
    content = path.read_bytes()
    for name, damage in DAMAGES.items():
        damage(path)
        for file in run_cache.files():
            assert file.entry is None, name
            run_cache.drop(file)
        remove(path)
        path.write_bytes(content)
