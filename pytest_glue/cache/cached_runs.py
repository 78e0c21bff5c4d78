"""The runs of an item: read from the cache, or fine-tuned and cached."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass, replace
from functools import cache, cached_property
from typing import Protocol

from pytest_glue.cache.entry import Entry, EntryError, PredictedTexts
from pytest_glue.cache.key import Key
from pytest_glue.cache.locking import locked
from pytest_glue.cache.miss_message import miss_message
from pytest_glue.cache.storage import RunCache, folder_of
from pytest_glue.config.evaluation_spec import EvaluationSpec
from pytest_glue.core.choices import CachePolicy
from pytest_glue.core.errors import CacheError
from pytest_glue.core.runs import Run, RunConditions, RunSource
from pytest_glue.core.tasks import Task
from pytest_glue.data.golden import golden_identity
from pytest_glue.data.source import source_of
from pytest_glue.data.submission import submission_identity
from pytest_glue.training.pretrained import identify
from pytest_glue.training.trainer.resume_state import ResumeState


@dataclass(frozen=True, slots=True)
class SharedTraining:
    """The other tasks that a fine-tuning serves, and the test run that it belongs to."""

    tasks: Sequence[Task] = ()
    """Those that the same test run evaluates."""
    test_run: str = ""
    """Identifies the test run in all of its processes."""

    def made(self, entry: Entry) -> bool:
        """Return whether a fine-tuning of another task made the entry in this test run."""
        return bool(entry.trained_with) and entry.test_run == self.test_run


class TrainerRunSource(RunSource, Protocol):
    """A source that fine-tunes when a run is asked for."""

    @property
    def passing_notes(self) -> tuple[str, ...]:
        """Those of the notes that concern this test run only, so that they are not cached."""
        ...

    @property
    def shared_runs(self) -> Mapping[Task, tuple[Run, RunConditions]]:
        """The runs of other tasks that the last fine-tuning made, with their conditions."""
        ...

    def run(
        self,
        seed: int,
        resume_state: ResumeState | None = None,
        *,
        target_score: float | None = None,
        shared_tasks: Sequence[Task] = (),
    ) -> Run:
        """Fine-tune with a seed, or resume its run; afterwards `shared_runs` has the runs of the shared tasks."""
        ...


_NO_TEXTS = PredictedTexts()


def cached_runs(
    spec: EvaluationSpec,
    make_runs: Callable[[], TrainerRunSource],
    command: str,
    sharing: SharedTraining | None = None,
) -> "CachedRuns":
    """Return an item's runs with the cache that its options name.

    Args:
        spec: with the checkpoint that the user named.
        make_runs: called when the first run has to be trained.
        command: started the test run; for a message.
        sharing: the tasks that share the item's trainings; None for no task.

    Raises:
        GlueError: data or checkpoint cannot be found.
    """
    identified, _ = identify(spec.checkpoint)
    own = replace(spec, checkpoint=identified)

    @cache
    def key_of(task: Task) -> Key:
        return Key.of(replace(own, task=task), source_of(task, spec.options.data).identity(task), own.options.seeds[0])

    source = source_of(spec.task, spec.options.data)
    texts = PredictedTexts(
        source.unlabelled_identity(spec.task) if spec.is_certified else "",
        golden_identity(spec.task) if spec.task.golden else "",
        submission_identity(source, spec.task) if spec.is_submitted else "",
    )
    return CachedRuns(own, key_of, make_runs, command, sharing or SharedTraining(), texts)


def require_training(policy: CachePolicy, reason: str) -> None:
    """Check that runs that cannot be cached may be trained.

    Raises:
        CacheError: `--glue-cache=only` forbids it.
    """
    if policy is CachePolicy.ONLY:
        raise CacheError(f"--glue-cache=only trains nothing, and these runs cannot be cached: {reason}")


class CachedRuns:
    """Runs that are read from the cache if they are there, and else fine-tuned and cached.

    Reading imports no torch: the source of fine-tunings is made when the first run has to be trained.
    """

    def __init__(
        self,
        spec: EvaluationSpec,
        key_of: Callable[[Task], Key],
        make_runs: Callable[[], TrainerRunSource],
        command: str,
        sharing: SharedTraining,
        texts: PredictedTexts = _NO_TEXTS,
    ) -> None:
        """Derive the keys of all runs.

        Args:
            spec: the checkpoint has its digest, except the sample.
            key_of: returns the key of a task's run with any seed; reads the data's identity.
            make_runs: called when the first run has to be trained.
            command: started the test run; for a message.
            sharing: the tasks that share the item's trainings.
            texts: those that runs have to predict besides the evaluation examples.
        """
        options, key = spec.options, key_of(spec.task)
        self._run_cache = RunCache(folder_of(options))
        self._policy, self._resume = options.cache, options.resume
        self._checkpoint = spec.checkpoint
        self._keys = {seed: key.of_seed(seed) for seed in options.all_seeds}
        self._key_of = key_of
        self._make_runs = make_runs
        self._command = command
        self._sharing = sharing
        self._texts = texts
        self._entries: dict[str, Entry] = {}
        self._notes: dict[str, None] = {}
        self._trainer_runs: TrainerRunSource | None = None

    @cached_property
    def conditions(self) -> RunConditions:
        """The conditions of a cached run, or else of the fine-tunings."""
        return self.known_conditions or self._source(self._first_key).conditions

    @property
    def known_conditions(self) -> RunConditions | None:
        """The conditions of a cached run; None if none is cached."""
        for key in self._keys.values():
            if (entry := self._read(key)) is not None:
                # The same files may have had another name when they were fine-tuned.
                recorded = replace(entry.conditions.checkpoint, role=self._checkpoint.role)
                checkpoint = self._checkpoint if self._checkpoint.digest else recorded
                return replace(entry.conditions, checkpoint=checkpoint)
        return None

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes about the fine-tunings and about the cache."""
        trained = self._trainer_runs.notes if self._trainer_runs else ()
        return (*(note for note in trained if note not in self.conditions.notes), *self.cache_notes)

    @property
    def passing_notes(self) -> tuple[str, ...]:
        """Those of the notes that concern this test run only."""
        return (*(self._trainer_runs.passing_notes if self._trainer_runs else ()), *self.cache_notes)

    @property
    def cache_notes(self) -> tuple[str, ...]:
        """Notes about entries that could not be read or written, and about waiting."""
        return tuple(self._notes)

    def run(self, seed: int, *, target_score: float | None = None) -> Run:
        """Return the cached run of a seed, or fine-tune and cache it."""
        key = self._keys[seed]
        entry = self._read(key)
        if entry is None:
            shared_keys = {} if target_score is not None else self._missing_shared_keys(seed)
            with self._locked(key, *shared_keys.values()):
                entry = self._read(key)  # another process may have cached it while this one waited
                if entry is None:
                    return self._train(key, target_score, shared_keys)
        if self._sharing.made(entry):
            self._note(f"trained together with {entry.trained_with}")
            return entry.run
        return replace(entry.run, cached=True)

    def find(self, seed: int) -> Run | None:
        """Return the cached run of a seed; None if it is not cached. Trains nothing."""
        entry = self._read(self._keys[seed])
        return replace(entry.run, cached=True) if entry else None

    def add(self, run: Run, conditions: RunConditions, notes: tuple[str, ...]) -> None:
        """Cache a run that another process made, unless it stopped early or comes from the cache.

        Args:
            run: with one of the item's seeds.
            conditions: of the run.
            notes: about its fine-tuning.
        """
        if not run.stopped and not run.cached:
            self._write(self._entry(self._keys[run.seed], conditions, run), notes)

    @property
    def _first_key(self) -> Key:
        return next(iter(self._keys.values()))

    def _source(self, missing: Key) -> TrainerRunSource:
        """Return the source of fine-tunings.

        Raises:
            CacheError: `--glue-cache=only` forbids training the missing run.
        """
        if self._policy is CachePolicy.ONLY:
            raise CacheError(miss_message(self._run_cache, missing, self._command))
        if self._trainer_runs is None:
            self._trainer_runs = self._make_runs()
        return self._trainer_runs

    def _missing_shared_keys(self, seed: int) -> dict[Task, Key]:
        """Return the tasks that share this training and whose run is not cached, with its key."""
        keys = {task: self._key_of(task).of_seed(seed) for task in self._sharing.tasks}
        return {task: key for task, key in keys.items() if self._read(key) is None}

    def _locked(self, *keys: Key) -> AbstractContextManager[None]:
        return nullcontext() if self._policy is CachePolicy.ONLY else locked(self._run_cache, keys, self._note)

    def _read(self, key: Key) -> Entry | None:
        refresh = self._policy is CachePolicy.REFRESH
        if refresh and not self._sharing.tasks:
            return None
        if key.name not in self._entries:
            try:
                entry = self._run_cache.read(key)
            except EntryError as error:
                self._note(f"the cache entry {self._run_cache.path(key)} {error}; it was not used")
                return None
            except OSError as error:
                self._note(f"the cache entry {self._run_cache.path(key)} cannot be read ({error.strerror})")
                return None
            if entry is None or (refresh and not self._sharing.made(entry)) or not self._has_texts(entry):
                return None
            self._entries[key.name] = entry.with_only(self._texts)
        return self._entries[key.name]

    def _has_texts(self, entry: Entry) -> bool:
        """Return whether the run predicted the texts that are needed, and note if it did not."""
        needed = self._texts
        for has, needs, texts in (
            (entry.unlabelled, needed.unlabelled, "unlabelled texts"),
            (entry.golden, needed.golden, "golden examples"),
            (entry.submission, needed.submission, "texts of the leaderboard"),
        ):
            if needs not in {"", has}:
                name, seed = entry.key.task["name"], entry.key.seed
                what = f"predicted other {texts}" if has else f"did not predict the {texts}"
                self._note(f"the cached run of {name} with seed {seed} {what}; it was not used")
                return False
        return True

    def _entry(self, key: Key, conditions: RunConditions, run: Run) -> Entry:
        return Entry(key, conditions, run, test_run=self._sharing.test_run, **asdict(self._texts))

    def _train(self, key: Key, target_score: float | None, shared_keys: Mapping[Task, Key]) -> Run:
        source = self._source(key)
        folder = self._run_cache.resume_state(key)
        resume_state = ResumeState(folder, key.text) if self._resume else None
        run = source.run(key.seed, resume_state, target_score=target_score, shared_tasks=tuple(shared_keys))
        for note in resume_state.notes if resume_state else ():
            self._note(f"seed {key.seed} {note}")
        test_run = self._sharing.test_run
        notes = tuple(note for note in source.notes if note not in source.passing_notes)
        if not run.stopped:
            self._write(self._entry(key, source.conditions, run), notes)
        for task, (shared_run, conditions) in source.shared_runs.items():
            self._write(Entry(shared_keys[task], conditions, shared_run, key.task["name"], test_run), notes)
        shutil.rmtree(folder, ignore_errors=True)  # only after the run is cached: the process can be killed any time
        return run

    def _write(self, entry: Entry, training_notes: tuple[str, ...]) -> None:
        expected, device = entry.key.device, entry.conditions.device.partition(":")[0]
        if device != expected:
            self._note(f"not cached: the run was expected on {expected} and ran on {device}")
            return
        notes = tuple(dict.fromkeys((*entry.conditions.notes, *training_notes)))
        try:
            self._run_cache.write(replace(entry, conditions=replace(entry.conditions, notes=notes)))
        except OSError as error:
            self._note(self._run_cache.unwritable(error))

    def _note(self, text: str) -> None:
        self._notes[text] = None
