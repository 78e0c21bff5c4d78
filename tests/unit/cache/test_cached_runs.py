"""Runs of the store and fine-tunings as one: who is asked for what, and what is said of it."""

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from pytest_glue.cache.cached_runs import CachedRuns, SharedTraining
from pytest_glue.cache.entry import Entry
from pytest_glue.cache.key import Key
from pytest_glue.cache.storage import RunCache
from pytest_glue.core.checkpoints import Checkpoint, Origin
from pytest_glue.core.choices import CachePolicy
from pytest_glue.core.errors import CacheError
from pytest_glue.core.runs import Run, RunConditions
from pytest_glue.core.tasks import GLUE, Task
from pytest_glue.training.trainer.resume_state import ResumeState

EntryOf = Callable[..., Entry]
NAMED = Checkpoint("./mine", Origin.FOLDER, None, f"sha256:{'1' * 64}")


@dataclass
class TrainerRunSource:
    """Fine-tunings that are over at once, and remember their seeds."""

    entry_of: EntryOf
    device: str = ""
    seeds: list[int] = field(default_factory=list)
    notes: tuple[str, ...] = ()
    resume_state: ResumeState | None = None
    asked: Sequence[Task] = ()
    shared_runs: Mapping[Task, tuple[Run, RunConditions]] = field(default_factory=dict)

    @property
    def conditions(self) -> RunConditions:
        """As of any entry."""
        conditions = self.entry_of().conditions
        return replace(conditions, device=self.device or conditions.device)

    def run(
        self,
        seed: int,
        resume_state: ResumeState | None = None,
        *,
        target_score: float | None = None,
        shared_tasks: Sequence[Task] = (),
    ) -> Run:
        """Return a run as if it had been trained, or stopped where something is enough."""
        self.resume_state, self.asked = resume_state, shared_tasks
        self.shared_runs = {task: (self.entry_of(seed).run, self.conditions) for task in shared_tasks}
        if resume_state:
            resume_state.note("went on")
        self.seeds.append(seed)
        return replace(self.entry_of(seed).run, stopped=target_score is not None)


@pytest.fixture
def trainings(entry_of: EntryOf) -> TrainerRunSource:
    """None so far."""
    return TrainerRunSource(entry_of)


@pytest.fixture
def runs_of(run_cache: RunCache, entry_of: EntryOf, trainings: TrainerRunSource) -> Callable[..., CachedRuns]:
    """Make an item's runs of three seeds, or of the keys that are given."""

    def make(
        policy: CachePolicy = CachePolicy.USE,
        keys: Sequence[Key] = (),
        there: RunCache = run_cache,
        named: Checkpoint = NAMED,
        *,
        shared_tasks: Sequence[Task] = (),
        test_run: str = "this",
        resume: bool = False,
    ) -> CachedRuns:
        keys = keys or [entry_of(seed).key for seed in (1, 2, 3)]
        sharing = SharedTraining(shared_tasks, lambda task: entry_of(task=task.name).key, test_run)
        return CachedRuns(there, policy, named, keys, lambda: trainings, "pytest suites/", sharing, resume=resume)

    return make


RunsOf = Callable[..., CachedRuns]


def test_what_was_trained_is_read(runs_of: RunsOf, trainings: TrainerRunSource, entry_of: EntryOf) -> None:
    """A run is trained once, is the same when it is read, and then says that it was."""
    first, again = runs_of(), runs_of()
    trained = first.run(2)
    assert replace(trained, cached=True) == again.run(2)
    assert [2] == trainings.seeds
    assert (False, ()) == (trained.cached, again.notes)


def test_conditions_of_any_run_will_do(
    runs_of: RunsOf, trainings: TrainerRunSource, entry_of: EntryOf, run_cache: RunCache
) -> None:
    """Where one of an item's runs is there, nothing needs to be made to know its conditions, under today's name."""
    run_cache.write(entry_of(3))
    expected = replace(entry_of().conditions, checkpoint=NAMED)
    assert expected == runs_of(CachePolicy.ONLY).conditions


def test_the_samples_identity_is_the_entrys(runs_of: RunsOf, entry_of: EntryOf, run_cache: RunCache) -> None:
    """Where the identity of a checkpoint is not known without torch, it is the recorded one."""
    run_cache.write(entry_of(3))
    assert entry_of().conditions == runs_of(named=Checkpoint("sample", Origin.SAMPLE)).conditions


def test_a_run_on_another_device_is_not_kept(runs_of: RunsOf, trainings: TrainerRunSource, run_cache: RunCache) -> None:
    """A run that was expected on one kind of device and ran on another is of no key, and a note says so."""
    trainings.device = "xpu:0"
    runs = runs_of()
    runs.run(1)
    expected = "not kept in the store: it was expected to run on cpu and ran on xpu"
    assert ([], (expected,)) == (run_cache.files(), runs.notes)


def test_how_a_run_was_trained_is_kept(runs_of: RunsOf, trainings: TrainerRunSource) -> None:
    """What is known of a run once it was trained is said of it, also when it is read, and once in all."""
    trainings.notes = ("no padding was computed",)
    first, again, more = runs_of(), runs_of(), runs_of()
    first.run(1)
    again.run(1)
    for seed in (1, 2):
        more.run(seed)
    assert ("a note", "no padding was computed") == (*first.conditions.notes, *first.notes)
    assert ("a note", "no padding was computed") == (*again.conditions.notes, *again.notes)
    assert ("a note", "no padding was computed") == (*more.conditions.notes, *more.notes)


def test_refresh_does_not_read(
    runs_of: RunsOf, trainings: TrainerRunSource, entry_of: EntryOf, run_cache: RunCache
) -> None:
    """With `refresh` what is there is not looked at, and replaced."""
    old = entry_of(1)
    run_cache.write(replace(old, run=replace(old.run, duration_s=1.0)))
    assert not runs_of(CachePolicy.REFRESH).run(1).cached
    assert old.run.duration_s == runs_of().run(1).duration_s


def test_only_says_what_comes_closest(
    runs_of: RunsOf, trainings: TrainerRunSource, entry_of: EntryOf, run_cache: RunCache
) -> None:
    """The message about a missing run names the parts in which the most similar one of its task differs."""
    run_cache.write(entry_of(1, recipe={"weight_decay": 0.1}))
    run_cache.write(entry_of(9, recipe={"weight_decay": 0.1}))
    run_cache.write(entry_of(1, task="mrpc"))
    with pytest.raises(CacheError) as caught:
        runs_of(CachePolicy.ONLY).run(1)
    expected = (
        f"the run of rte with seed 1 is not in the store {run_cache.folder} "
        "(the closest of 3 kept runs differs in recipe),"
        " and --glue-cache=only trains nothing: make it with `pytest suites/ --glue-cache=use`"
    )
    assert expected == str(caught.value)
    assert [] == trainings.seeds


def test_a_disk_that_is_full(runs_of: RunsOf, trainings: TrainerRunSource, entry_of: EntryOf) -> None:
    """A run that cannot be written is returned all the same, with a note of why it was not kept."""
    full = RunCache(Path("/dev/full/runs"))
    runs = runs_of(there=full)
    assert entry_of(1).run == runs.run(1)
    assert ("not kept: the store /dev/full/runs cannot be written (Not a directory)",) == runs.notes


def test_a_file_system_without_locks(runs_of: RunsOf, run_cache: RunCache, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing can be locked, runs are trained, kept and read without."""

    def none(*_: object) -> None:
        raise NotImplementedError

    monkeypatch.setattr(RunCache, "locked", none)
    runs = runs_of()
    assert not runs.run(1).cached
    assert runs_of().run(1).cached
    assert (f"another process may make the same runs: the store {run_cache.folder} has no locks",) == runs.notes


def test_a_wait_is_told(
    runs_of: RunsOf,
    trainings: TrainerRunSource,
    entry_of: EntryOf,
    run_cache: RunCache,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What another process made meanwhile is read, with a note of how long that took."""

    @contextmanager
    def busy(*_: object) -> Iterator[None]:
        time.sleep(0.02)
        run_cache.write(entry_of(1))
        yield

    monkeypatch.setattr(RunCache, "locked", busy)
    monkeypatch.setattr("pytest_glue.cache.cached_runs._A_WAIT_S", 0.01)
    runs = runs_of()
    assert runs.run(1).cached
    assert ("waited 0 s for another process that made the same run",) == runs.notes
    assert [] == trainings.seeds


def test_a_run_that_can_go_on(
    runs_of: RunsOf, trainings: TrainerRunSource, entry_of: EntryOf, run_cache: RunCache
) -> None:
    """With `resume` a run is told where to go on, what is said of it is said, and what was left is removed."""
    left = run_cache.resume_state(entry_of(2).key)
    left.mkdir(parents=True)
    runs = runs_of(resume=True)
    runs.run(2)
    assert trainings.resume_state is not None
    assert (left, False) == (trainings.resume_state.folder, left.exists())
    assert ("seed 2 went on",) == runs.notes
    runs_of().run(3)
    assert None is trainings.resume_state


def test_what_nobody_went_on_with_is_removed(runs_of: RunsOf, entry_of: EntryOf, run_cache: RunCache) -> None:
    """After a week what is unfinished goes away; what is younger stays."""
    old, young = run_cache.resume_state(entry_of(8).key), run_cache.resume_state(entry_of(9).key)
    for folder, age_s in ((old, 8 * 86400), (young, 6 * 86400)):
        folder.mkdir(parents=True)
        os.utime(folder, (time.time() - age_s,) * 2)
    runs_of().run(1)
    assert (False, True) == (old.exists(), young.exists())


def test_a_run_that_was_stopped_is_not_kept(runs_of: RunsOf, trainings: TrainerRunSource, run_cache: RunCache) -> None:
    """A run that ended early is of no use to who asks for a whole one, and so is trained again."""
    runs = runs_of()
    assert runs.run(1, target_score=0.5).stopped
    assert [] == run_cache.files()
    assert not runs.run(1).stopped
    assert [1, 1] == trainings.seeds


MNLI, MISMATCHED = GLUE["mnli"], GLUE["mnli-mm"]


@pytest.fixture
def shared_task_runs(runs_of: RunsOf, entry_of: EntryOf) -> Callable[..., CachedRuns]:
    """Make the runs of one of two siblings, with seeds 1 and 2."""

    def make(policy: CachePolicy, task: Task, test_run: str = "this") -> CachedRuns:
        keys = [entry_of(seed, task=task.name).key for seed in (1, 2)]
        other = MISMATCHED if task is MNLI else MNLI
        return runs_of(policy, keys, shared_tasks=[other], test_run=test_run)

    return make


@pytest.mark.parametrize("policy", [CachePolicy.USE, CachePolicy.REFRESH])
@pytest.mark.parametrize("task", [MNLI, MISMATCHED], ids=lambda task: task.name)
def test_one_training_for_two_tasks(
    shared_task_runs: RunsOf, trainings: TrainerRunSource, entry_of: EntryOf, policy: CachePolicy, task: Task
) -> None:
    """Whichever comes first is trained, seed by seed; the other is read, as this test run's, and says who made it."""
    other = MISMATCHED if task is MNLI else MNLI
    for seed in (1, 2):
        shared_task_runs(policy, task).run(seed)
        assert [other] == list(trainings.asked)
        read = shared_task_runs(policy, other)
        assert entry_of(seed).run == read.run(seed)
        assert (f"trained together with {task.name}",) == read.notes
    assert [1, 2] == trainings.seeds


def test_another_test_run_reads_it_as_any_other(shared_task_runs: RunsOf, trainings: TrainerRunSource) -> None:
    """A run that an earlier command made beside another one's is a cached run, and `refresh` trains it anew."""
    shared_task_runs(CachePolicy.USE, MNLI).run(1)
    later = shared_task_runs(CachePolicy.USE, MISMATCHED, "later")
    assert (True, ()) == (later.run(1).cached, later.notes)
    assert not shared_task_runs(CachePolicy.REFRESH, MISMATCHED, "later").run(1).cached
    assert [1, 1] == trainings.seeds


def test_what_a_sibling_has_is_not_made_again(
    shared_task_runs: RunsOf, trainings: TrainerRunSource, run_cache: RunCache
) -> None:
    """Where the sibling's run is there already, nothing is evaluated beside a training."""
    shared_task_runs(CachePolicy.USE, MISMATCHED).run(1)
    for kept in run_cache.files():
        if kept.entry and kept.entry.key.task["name"] == "mnli":
            run_cache.drop(kept)
    shared_task_runs(CachePolicy.USE, MNLI).run(1)
    assert ((), [1, 1]) == (trainings.asked, trainings.seeds)


def test_a_run_that_may_be_stopped_is_not_shared(
    shared_task_runs: RunsOf, trainings: TrainerRunSource, run_cache: RunCache
) -> None:
    """What is enough for one task need not be for another, so nothing is evaluated beside such a training."""
    shared_task_runs(CachePolicy.USE, MNLI).run(1, target_score=0.5)
    assert ((), []) == (trainings.asked, run_cache.files())


def test_a_training_locks_all_that_it_makes(
    shared_task_runs: RunsOf, trainings: TrainerRunSource, run_cache: RunCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two siblings ask for the same locks, in the same order, so that one waits for the other and none for itself."""
    asked: list[str] = []

    @contextmanager
    def noted(_: RunCache, key: Key) -> Iterator[None]:
        asked.append(key.name)
        yield

    monkeypatch.setattr(RunCache, "locked", noted)
    shared_task_runs(CachePolicy.REFRESH, MNLI, "one").run(1)
    first, asked[:] = list(asked), []
    shared_task_runs(CachePolicy.REFRESH, MISMATCHED, "two").run(1)
    assert (2, first) == (len(set(first)), asked)
