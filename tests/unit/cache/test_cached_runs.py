"""Cached runs and fine-tunings as one source of runs: what is read, trained, cached and noted."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_glue.cache.cached_runs import CachedRuns, SharedTraining
from pytest_glue.cache.entry import Entry
from pytest_glue.cache.key import Key
from pytest_glue.cache.storage import RunCache
from pytest_glue.core.checkpoints import Checkpoint, Origin
from pytest_glue.core.choices import CachePolicy
from pytest_glue.core.errors import CacheError
from pytest_glue.core.tasks import GLUE, Task
from tests.trainings import NAMED, TrainerRunSource

EntryOf = Callable[..., Entry]

RunsOf = Callable[..., CachedRuns]


def test_a_trained_run_is_read(runs_of: RunsOf, trainings: TrainerRunSource) -> None:
    """A run is trained once. The second time it is the same but for `cached`."""
    first, again = runs_of(), runs_of()
    trained = first.run(2)
    assert replace(trained, cached=True) == again.run(2)
    assert [2] == trainings.seeds
    assert (False, ()) == (trained.cached, again.notes)


def test_conditions_come_from_any_cached_run(runs_of: RunsOf, entry_of: EntryOf, run_cache: RunCache) -> None:
    """If one of the item's runs is cached, its conditions are used, with the checkpoint's current name."""
    run_cache.write(entry_of(3))
    expected = replace(entry_of().conditions, checkpoint=NAMED)
    assert expected == runs_of(CachePolicy.ONLY).conditions


def test_the_identity_of_the_sample_comes_from_the_entry(
    runs_of: RunsOf, entry_of: EntryOf, run_cache: RunCache
) -> None:
    """The digest of the sample is not known without torch, so the recorded one is used."""
    run_cache.write(entry_of(3))
    assert entry_of().conditions == runs_of(named=Checkpoint("sample", Origin.SAMPLE)).conditions


def test_a_run_on_another_device_is_not_cached(
    runs_of: RunsOf, trainings: TrainerRunSource, run_cache: RunCache
) -> None:
    """A run on another kind of device than its key says is not cached, with a note."""
    trainings.device = "xpu:0"
    runs = runs_of()
    runs.run(1)
    expected = "not cached: the run was expected on cpu and ran on xpu"
    assert ([], (expected,)) == (run_cache.files(), runs.notes)


def test_notes_about_the_training_are_cached(runs_of: RunsOf, trainings: TrainerRunSource) -> None:
    """Notes of a training appear once, also when its run is read."""
    trainings.notes = ("no padding was computed",)
    first, again, more = runs_of(), runs_of(), runs_of()
    first.run(1)
    again.run(1)
    for seed in (1, 2):
        more.run(seed)
    assert ("a note", "no padding was computed") == (*first.conditions.notes, *first.notes)
    assert ("a note", "no padding was computed") == (*again.conditions.notes, *again.notes)
    assert ("a note", "no padding was computed") == (*more.conditions.notes, *more.notes)


def test_notes_about_one_test_run_are_not_cached(runs_of: RunsOf, trainings: TrainerRunSource) -> None:
    """A note about the cache of encoded data is shown where the run is trained, and not where it is read."""
    trainings.notes, trainings.passing_notes = ("no padding was computed", "damaged"), ("damaged",)
    first, again = runs_of(), runs_of()
    first.run(1)
    again.run(1)
    assert ("a note", "no padding was computed", "damaged") == (*first.conditions.notes, *first.notes)
    assert ("a note", "no padding was computed") == (*again.conditions.notes, *again.notes)


def test_refresh_does_not_read(runs_of: RunsOf, entry_of: EntryOf, run_cache: RunCache) -> None:
    """With `refresh` a cached run is not read, and is replaced."""
    old = entry_of(1)
    run_cache.write(replace(old, run=replace(old.run, duration_s=1.0)))
    assert not runs_of(CachePolicy.REFRESH).run(1).cached
    assert old.run.duration_s == runs_of().run(1).duration_s


def test_only_trains_nothing(runs_of: RunsOf, trainings: TrainerRunSource, run_cache: RunCache) -> None:
    """With `only` a missing run is an error, and so are the conditions if no run is cached."""
    runs = runs_of(CachePolicy.ONLY)
    with pytest.raises(CacheError, match=r"^the run of rte with seed 2 is not in the cache .* --glue-cache=use`$"):
        runs.run(2)
    with pytest.raises(CacheError, match=r"^the run of rte with seed 1 is not in the cache "):
        assert runs.conditions
    assert ([], []) == (trainings.seeds, list(run_cache.folder.rglob("*")))


def test_a_full_disk(runs_of: RunsOf, entry_of: EntryOf) -> None:
    """A run that cannot be cached is returned all the same, with a note."""
    runs = runs_of(folder=Path("/dev/full/runs"))
    assert entry_of(1).run == runs.run(1)
    assert ("not cached: the cache /dev/full/runs cannot be written (Not a directory)",) == runs.notes


def test_a_file_system_without_locks(runs_of: RunsOf, run_cache: RunCache, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without locks, runs are trained, cached and read."""

    def none(*_: object) -> None:
        raise NotImplementedError

    monkeypatch.setattr(RunCache, "locked", none)
    runs = runs_of()
    assert not runs.run(1).cached
    assert runs_of().run(1).cached
    expected = f"another process may train the same runs: the file system of the cache {run_cache.folder} has no locks"
    assert (expected,) == runs.notes


def test_a_run_that_appears_during_the_wait_is_read(
    runs_of: RunsOf,
    trainings: TrainerRunSource,
    entry_of: EntryOf,
    run_cache: RunCache,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """If another process caches the run while this one waits for the lock, it is not trained again."""

    @contextmanager
    def busy(*_: object) -> Iterator[None]:
        run_cache.write(entry_of(1))
        yield

    monkeypatch.setattr(RunCache, "locked", busy)
    assert runs_of().run(1).cached
    assert [] == trainings.seeds


def test_resume(runs_of: RunsOf, trainings: TrainerRunSource, entry_of: EntryOf, run_cache: RunCache) -> None:
    """With `resume` a run gets the folder of its state, which is deleted at the end; its notes are passed on."""
    folder = run_cache.resume_state(entry_of(2).key)
    folder.mkdir(parents=True)
    runs = runs_of(resume=True)
    runs.run(2)
    assert trainings.resume_state is not None
    assert (folder, False) == (trainings.resume_state.folder, folder.exists())
    assert ("seed 2 went on",) == runs.notes
    runs_of().run(3)
    assert None is trainings.resume_state


def test_old_resume_states_are_deleted(runs_of: RunsOf, entry_of: EntryOf, run_cache: RunCache) -> None:
    """A resume state is deleted after a week."""
    old, young = run_cache.resume_state(entry_of(8).key), run_cache.resume_state(entry_of(9).key)
    for folder, age_s in ((old, 8 * 86400), (young, 6 * 86400)):
        folder.mkdir(parents=True)
        os.utime(folder, (time.time() - age_s,) * 2)
    runs_of().run(1)
    assert (False, True) == (old.exists(), young.exists())


def test_a_stopped_run_is_not_cached(runs_of: RunsOf, trainings: TrainerRunSource, run_cache: RunCache) -> None:
    """A run that stopped early is not a whole run, which is trained when it is asked for."""
    runs = runs_of()
    assert runs.run(1, target_score=0.5).stopped
    assert [] == run_cache.files()
    assert not runs.run(1).stopped
    assert [1, 1] == trainings.seeds


def test_runs_of_another_process(runs_of: RunsOf, entry_of: EntryOf, run_cache: RunCache) -> None:
    """A run that an executor made is cached and found, unless it stopped early or was read from the cache itself."""
    runs, entry = runs_of(), entry_of(1)
    for run in (replace(entry.run, stopped=True), replace(entry.run, cached=True)):
        runs.add(run, entry.conditions, ())
    assert (None, []) == (runs.find(1), run_cache.files())
    runs.add(entry.run, entry.conditions, ("by a worker",))
    assert replace(entry.run, cached=True) == runs.find(1)
    assert ("a note", "by a worker") == runs.conditions.notes


MNLI, MISMATCHED = GLUE["mnli"], GLUE["mnli-mm"]


@pytest.fixture
def shared_task_runs(runs_of: RunsOf) -> Callable[..., CachedRuns]:
    """Make the runs of one of two tasks that share their training."""

    def make(policy: CachePolicy, task: Task, test_run: str = "this") -> CachedRuns:
        other = MISMATCHED if task is MNLI else MNLI
        return runs_of(policy, task, sharing=SharedTraining([other], test_run))

    return make


@pytest.mark.parametrize("policy", [CachePolicy.USE, CachePolicy.REFRESH])
@pytest.mark.parametrize("task", [MNLI, MISMATCHED], ids=lambda task: task.name)
def test_one_training_for_two_tasks(
    shared_task_runs: RunsOf, trainings: TrainerRunSource, entry_of: EntryOf, policy: CachePolicy, task: Task
) -> None:
    """The first task is trained, seed by seed. The runs of the other are read, with a note of who trained them."""
    other = MISMATCHED if task is MNLI else MNLI
    for seed in (1, 2):
        shared_task_runs(policy, task).run(seed)
        assert [other] == list(trainings.asked)
        read = shared_task_runs(policy, other)
        assert entry_of(seed).run == read.run(seed)
        assert (f"trained together with {task.name}",) == read.notes
    assert [1, 2] == trainings.seeds


def test_another_test_run_reads_it_as_any_other(shared_task_runs: RunsOf, trainings: TrainerRunSource) -> None:
    """A run that a shared training of an earlier test run made is a cached run, and `refresh` trains it anew."""
    shared_task_runs(CachePolicy.USE, MNLI).run(1)
    later = shared_task_runs(CachePolicy.USE, MISMATCHED, "later")
    assert (True, ()) == (later.run(1).cached, later.notes)
    assert not shared_task_runs(CachePolicy.REFRESH, MISMATCHED, "later").run(1).cached
    assert [1, 1] == trainings.seeds


def test_a_cached_run_of_the_other_task_is_not_made_again(
    shared_task_runs: RunsOf, trainings: TrainerRunSource, run_cache: RunCache
) -> None:
    """If the other task's run is cached, the training evaluates its own task only."""
    shared_task_runs(CachePolicy.USE, MISMATCHED).run(1)
    for file in run_cache.files():
        if file.entry and file.entry.key.task["name"] == "mnli":
            run_cache.drop(file)
    shared_task_runs(CachePolicy.USE, MNLI).run(1)
    assert ((), [1, 1]) == (trainings.asked, trainings.seeds)


def test_a_run_with_a_target_score_is_not_shared(
    shared_task_runs: RunsOf, trainings: TrainerRunSource, run_cache: RunCache
) -> None:
    """A score that is enough for one task need not be enough for another, so such a training is not shared."""
    shared_task_runs(CachePolicy.USE, MNLI).run(1, target_score=0.5)
    assert ((), []) == (trainings.asked, run_cache.files())


def test_a_training_locks_all_runs_that_it_makes(
    shared_task_runs: RunsOf, run_cache: RunCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two tasks that share a training take the same locks in the same order, so one of them waits for the other."""
    locked: list[str] = []

    @contextmanager
    def noted(_: RunCache, key: Key) -> Iterator[None]:
        locked.append(key.name)
        yield

    monkeypatch.setattr(RunCache, "locked", noted)
    shared_task_runs(CachePolicy.REFRESH, MNLI, "one").run(1)
    first, locked[:] = list(locked), []
    shared_task_runs(CachePolicy.REFRESH, MISMATCHED, "two").run(1)
    assert (2, first) == (len(set(first)), locked)
