"""The runs of an item as the store has them, and fine-tunings for those that it lacks."""

import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Protocol

from pytest_glue.cache.entry import Entry, EntryError
from pytest_glue.cache.key import Key
from pytest_glue.cache.storage import RunCache, folder_of
from pytest_glue.config.evaluation_spec import EvaluationSpec
from pytest_glue.core.checkpoints import Checkpoint
from pytest_glue.core.choices import CachePolicy
from pytest_glue.core.errors import CacheError
from pytest_glue.core.runs import Run, RunConditions, RunSource
from pytest_glue.core.tasks import Task
from pytest_glue.data.source import open_source
from pytest_glue.training.pretrained import identify
from pytest_glue.training.trainer.resume_state import ResumeState


@dataclass(frozen=True, slots=True)
class SharedTraining:
    """Which tasks a fine-tuning is shared with."""

    shared_tasks: Sequence[Task]
    """Those that the test run asks for, too."""
    key_of: Callable[[Task], Key]
    """Gives the key of a sibling's run, of any seed; the data is read for it."""
    test_run: str
    """What tells this test run from others, in all its processes."""

    def made(self, entry: Entry) -> bool:
        """Whether a fine-tuning of this very test run gave the run, beside its own."""
        return bool(entry.trained_with) and entry.test_run == self.test_run


_A_WAIT_S = 1.0
"""What a lock that nobody holds never takes."""


class TrainerRunSource(RunSource, Protocol):
    """Runs that happen when they are asked for."""

    @property
    def shared_runs(self) -> Mapping[Task, tuple[Run, RunConditions]]:
        """The runs of other tasks that came about beside the last one, with their conditions."""
        ...

    def run(
        self,
        seed: int,
        resume_state: ResumeState | None = None,
        *,
        target_score: float | None = None,
        shared_tasks: Sequence[Task] = (),
    ) -> Run:
        """See `RunSource`; goes on with what is unfinished, and saves there what it could go on from.

        Where that can be had, `beside` then has a run of each of the siblings.
        """
        ...


def cached_runs(
    spec: EvaluationSpec,
    fine_tunings: Callable[[], TrainerRunSource],
    command: str,
    shared_tasks: Sequence[Task] = (),
    test_run: str = "",
) -> "CachedRuns":
    """Return an item's runs, of which those that are kept are read.

    Args:
        spec: of the item, with the checkpoint that the user named.
        fine_tunings: makes the runs that are not there; called when the first of them is needed.
        command: what started the test run, for a message.
        shared_tasks: the tasks whose runs the fine-tunings can give as well, and that the test run asks for.
        test_run: what tells this test run from others, in all its processes.

    Raises:
        GlueError: data or checkpoint cannot be found.
    """
    options = spec.options
    identified, _ = identify(spec.checkpoint)
    source = open_source(options.data)

    @cache
    def key_of(task: Task) -> Key:
        return Key.of(EvaluationSpec(options, task, identified), source.identity(task), options.seeds[0])

    key = key_of(spec.task)
    keys = [key.of_seed(seed) for seed in options.all_seeds]
    run_cache = RunCache(folder_of(options))
    shared = SharedTraining(shared_tasks, key_of, test_run)
    return CachedRuns(run_cache, options.cache, identified, keys, fine_tunings, command, shared, resume=options.resume)


def require_training(policy: CachePolicy, reason: str) -> None:
    """Make sure that runs may be trained that the store cannot hold.

    Raises:
        CacheError: nothing may be trained.
    """
    if policy is CachePolicy.ONLY:
        raise CacheError(f"--glue-cache=only trains nothing, and these runs are never kept: {reason}")


class CachedRuns:
    """Runs that are read where they are kept, and trained and kept where they are not.

    The fine-tunings are made when the first of them is needed: what is read takes none of torch.
    """

    def __init__(
        self,
        run_cache: RunCache,
        policy: CachePolicy,
        checkpoint: Checkpoint,
        keys: Sequence[Key],
        fine_tunings: Callable[[], TrainerRunSource],
        command: str,
        sharing: SharedTraining,
        *,
        resume: bool = False,
    ) -> None:
        """Take what an item's runs are looked for by.

        Args:
            run_cache: where they are.
            policy: what may be read, and whether anything is trained.
            checkpoint: with its identity; the sample's own without.
            keys: of every run that may be asked for.
            fine_tunings: makes the runs that are not there.
            command: what started the test run, for a message.
            sharing: whose runs the fine-tunings give as well.
            resume: whether a run that is stopped leaves what it can go on from.
        """
        self._run_cache = run_cache
        self._policy = policy
        self._checkpoint = checkpoint
        self._keys = {key.seed: key for key in keys}
        self._make = fine_tunings
        self._command = command
        self._sharing = sharing
        self._resume = resume
        self._found: dict[str, Entry] = {}
        self._notes: dict[str, None] = {}
        self._made: TrainerRunSource | None = None

    @cached_property
    def conditions(self) -> RunConditions:
        """See `RunSource`; of a run that is there, or else of the fine-tunings."""
        return self.known_conditions or self._fine_tunings.conditions

    @property
    def notes(self) -> tuple[str, ...]:
        """See `RunSource`: how runs were trained, and what of the store was of no use, and why."""
        trained = self._made.notes if self._made else ()
        return (*(note for note in trained if note not in self.conditions.notes), *self.cache_notes)

    def run(self, seed: int, *, target_score: float | None = None) -> Run:
        """See `RunSource`."""
        key = self._keys[seed]
        entry = self._read(key)
        if entry is None:
            shared_tasks = {} if target_score is not None else self._shared_tasks(seed)
            with self._alone(key, *shared_tasks.values()):
                entry = self._read(key)  # another process may have made it meanwhile
                if entry is None:
                    return self._train(key, target_score, shared_tasks)
        if self._sharing.made(entry):
            self._note(f"trained together with {entry.trained_with}")
            return entry.run
        return replace(entry.run, cached=True)

    def _shared_tasks(self, seed: int) -> dict[Task, Key]:
        """Return the tasks that a fine-tuning is shared with: those whose run is missing, with its key."""
        keys = {task: self._sharing.key_of(task).of_seed(seed) for task in self._sharing.shared_tasks}
        return {task: key for task, key in keys.items() if self._read(key) is None}

    @property
    def known_conditions(self) -> RunConditions | None:
        """The conditions of a run that is there; None where none is."""
        for key in self._keys.values():
            if (entry := self._read(key)) is not None:
                # The same files can go by another name than when they were fine-tuned.
                known = self._checkpoint if self._checkpoint.digest else entry.conditions.checkpoint
                return replace(entry.conditions, checkpoint=known)
        return None

    @property
    def cache_notes(self) -> tuple[str, ...]:
        """What of the store was of no use, and why."""
        return tuple(self._notes)

    def find(self, seed: int) -> Run | None:
        """Return the run of a seed that is there; None where it is not. Nothing is trained."""
        entry = self._read(self._keys[seed])
        return replace(entry.run, cached=True) if entry else None

    def keep(self, run: Run, conditions: RunConditions, notes: tuple[str, ...]) -> None:
        """Keep a run that was made elsewhere; one that was stopped is no whole run, and one that was kept is there.

        Args:
            run: of one of the item's seeds.
            conditions: it was made under.
            notes: what a reader should know of how.
        """
        if not run.stopped and not run.cached:
            self._keep(Entry(self._keys[run.seed], conditions, run, test_run=self._sharing.test_run), notes)

    @property
    def _fine_tunings(self) -> TrainerRunSource:
        if self._made is None:
            if self._policy is CachePolicy.ONLY:
                raise CacheError(self._missing(next(iter(self._keys.values()))))
            self._made = self._make()
        return self._made

    def _read(self, key: Key) -> Entry | None:
        if self._policy is CachePolicy.REFRESH and not self._sharing.shared_tasks:
            return None
        if key.name not in self._found:
            try:
                entry = self._run_cache.read(key)
            except EntryError as error:
                self._note(f"the kept run {self._run_cache.path(key)} {error}; it was not used")
                return None
            except OSError as error:
                self._note(f"the store {self._run_cache.folder} cannot be read ({error.strerror})")
                return None
            if entry is None or (self._policy is CachePolicy.REFRESH and not self._sharing.made(entry)):
                return None
            self._found[key.name] = entry
        return self._found[key.name]

    def _train(self, key: Key, target_score: float | None, shared_tasks: Mapping[Task, Key]) -> Run:
        if self._policy is CachePolicy.ONLY:
            raise CacheError(self._missing(key))
        trained = self._fine_tunings
        left = self._run_cache.resume_state(key)
        resume_state = ResumeState(left, key.text) if self._resume else None
        run = trained.run(key.seed, resume_state, target_score=target_score, shared_tasks=tuple(shared_tasks))
        for note in resume_state.notes if resume_state else ():
            self._note(f"seed {key.seed} {note}")
        test_run = self._sharing.test_run
        if not run.stopped:
            self._keep(Entry(key, trained.conditions, run, test_run=test_run), trained.notes)
        for task, (other, conditions) in trained.shared_runs.items():
            self._keep(Entry(shared_tasks[task], conditions, other, key.task["name"], test_run), trained.notes)
        shutil.rmtree(left, ignore_errors=True)  # not before the run is kept: a process can be killed at any time
        return run

    def _keep(self, entry: Entry, of_training: tuple[str, ...]) -> None:
        expected, kind = entry.key.device, entry.conditions.device.partition(":")[0]
        if kind != expected:
            self._note(f"not kept in the store: it was expected to run on {expected} and ran on {kind}")
            return
        try:
            notes = dict.fromkeys((*entry.conditions.notes, *of_training))  # what is known once it was trained
            self._run_cache.write(replace(entry, conditions=replace(entry.conditions, notes=tuple(notes))))
        except OSError as error:
            self._note_unwritable(error)

    @contextmanager
    def _alone(self, *keys: Key) -> Iterator[None]:
        """Wait for other processes that make one of the runs; where there is no locking, each makes its own.

        All that a fine-tuning gives is locked, in an order that is everybody's, so that nobody waits in a circle.
        """
        if self._policy is CachePolicy.ONLY:
            yield
            return
        start = time.perf_counter()
        with ExitStack() as stack:
            try:
                for key in sorted(keys, key=lambda each: each.name):
                    stack.enter_context(self._run_cache.locked(key))
            except OSError as error:
                self._note_unwritable(error)
            except NotImplementedError:
                self._note(f"another process may make the same runs: the store {self._run_cache.folder} has no locks")
            waited = time.perf_counter() - start
            if waited > _A_WAIT_S:
                self._note(f"waited {waited:.0f} s for another process that made the same run")
            yield

    def _missing(self, key: Key) -> str:
        """Return the message about a run that is not there, with the kept one that comes closest."""
        what = f"the run of {key.task['name']} with seed {key.seed} is not in the store {self._run_cache.folder}"
        remedy = f"make it with `{self._command} --glue-cache=use`"
        return f"{what} ({self._closest(key)}), and --glue-cache=only trains nothing: {remedy}"

    def _closest(self, key: Key) -> str:
        try:
            files = self._run_cache.files()
        except OSError:
            files = []
        entries = [entry for kept in files[-_LOOKED_AT:] if (entry := kept.entry) is not None]
        differences = [key.differences(entry.key) for entry in entries if entry.key.task["name"] == key.task["name"]]
        if not differences:
            return f"{len(files)} runs are kept there, none of this task"
        closest: list[str] = min(differences, key=len)
        return f"the closest of {len(files)} kept runs differs in {', '.join(closest)}"

    def _note_unwritable(self, error: OSError) -> None:
        self._note(f"not kept: the store {self._run_cache.folder} cannot be written ({error.strerror or error})")

    def _note(self, text: str) -> None:
        self._notes[text] = None


_LOOKED_AT = 500
"""Of how many kept runs the closest is told: reading all of a large store takes long."""
