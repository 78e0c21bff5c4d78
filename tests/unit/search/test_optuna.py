"""The Optuna backend: trials are reproducible, resumed and recorded."""

import logging
import math
import multiprocessing
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import optuna
import pytest

from pytest_glue.core.errors import FineTuningError, SearchError
from pytest_glue.core.study import Direction, Hyperparameters, Trial, TrialEpoch, TrialState
from pytest_glue.search.backend import StudySpec
from pytest_glue.search.objective import Report
from pytest_glue.search.optuna import OptunaBackend, importance

MakeSpec = Callable[..., StudySpec]


def rising(hyperparameters: Hyperparameters, report: Report) -> list[TrialEpoch]:
    """Return scores that rise with each epoch and are higher the closer the learning rate is to 5e-5."""
    rate = hyperparameters["learning_rate"]
    assert isinstance(rate, float)
    quality = 1 - abs(math.log10(rate) - math.log10(5e-5))
    history: list[TrialEpoch] = []
    for epoch in range(1, int(str(hyperparameters["num_train_epochs"])) + 1):
        history.append(TrialEpoch(quality * (1 - 0.5**epoch), 1 - quality))
        if report(history[-1]):
            break
    return history


def run(spec: StudySpec, objective: Any = rising) -> tuple[tuple[Trial, ...], list[tuple[int, float | None]]]:
    """Return the trials, and the number and best objective of each reported trial."""
    reported: list[tuple[int, float | None]] = []
    trials = OptunaBackend().run(spec, objective, lambda trial, best: reported.append((trial.number, best)))
    return trials, reported


def without_time(trials: tuple[Trial, ...]) -> list[Any]:
    """Return the parts of trials that are reproducible."""
    return [(trial.number, trial.state, trial.hyperparameters, trial.history, trial.error) for trial in trials]


def test_each_trial_is_reported(spec: MakeSpec) -> None:
    """There are as many trials as requested, each reported once with the best objective so far."""
    trials, reported = run(spec())
    assert list(range(6)) == [trial.number for trial in trials] == [number for number, _ in reported]
    assert max(trial.objective or 0 for trial in trials) == reported[-1][1]
    for trial in trials:
        assert {"learning_rate", "num_train_epochs", "per_device_train_batch_size", "weight_decay"} == set(
            trial.hyperparameters
        )
        assert max(trial.history).score == trial.objective


def test_the_same_seed_gives_the_same_trials(spec: MakeSpec, tmp_path: Path) -> None:
    """Two studies with the same seed have the same trials; another seed draws other hyperparameters."""
    first, again, other = (
        run(spec(storage=str(tmp_path / name), seed=seed, trials=12))[0]
        for name, seed in (("a", 42), ("b", 42), ("c", 43))
    )
    assert without_time(first) == without_time(again)
    assert first[0].hyperparameters != other[0].hyperparameters


@pytest.mark.parametrize("when", ["before it begins", "at its second epoch"])
def test_an_interrupted_study_is_resumed(spec: MakeSpec, tmp_path: Path, when: str) -> None:
    """A resumed study has the trials of an uninterrupted one, and runs no finished trial again."""
    begun = 0

    def interrupted(hyperparameters: Hyperparameters, report: Report) -> list[TrialEpoch]:
        nonlocal begun
        begun += 1
        if begun == 4:
            if when == "at its second epoch":
                report(TrialEpoch(0.25, 0.7))
            raise KeyboardInterrupt
        return rising(hyperparameters, report)

    with pytest.raises(KeyboardInterrupt):
        run(spec(), interrupted)
    trials, reported = run(spec())

    whole, _ = run(spec(storage=str(tmp_path / "whole")))
    assert [3, 4, 5] == [number for number, _ in reported]
    assert without_time(whole) == without_time(trials)


def test_a_finished_study_is_only_read(spec: MakeSpec) -> None:
    """The same study again runs no trial; a larger number of trials adds the missing ones."""
    first, _ = run(spec())
    again, reported = run(spec())
    assert (first, []) == (again, reported)

    more, reported = run(spec(trials=8))
    assert first == more[:6]
    assert [6, 7] == [number for number, _ in reported]


def test_a_database_is_a_storage(spec: MakeSpec, tmp_path: Path) -> None:
    """A study in SQLite has the same trials as one in a file."""
    url = f"sqlite:///{tmp_path}/studies.db"
    in_database, _ = run(spec(storage=url))
    in_file, _ = run(spec())
    assert without_time(in_file) == without_time(in_database)
    assert ([], in_database) == (run(spec(storage=url))[1], run(spec(storage=url))[0])


def test_a_trial_that_raises_is_recorded(spec: MakeSpec) -> None:
    """A failed trial records its cause, and the search continues."""
    begun = 0

    def sometimes(hyperparameters: Hyperparameters, report: Report) -> list[TrialEpoch]:
        nonlocal begun
        begun += 1
        if begun == 2:
            raise FineTuningError("out of memory on cuda:0")
        return rising(hyperparameters, report)

    trials, _ = run(spec(), sometimes)
    assert [TrialState.FAILED] == [trial.state for trial in trials if trial.number == 1]
    assert ("FineTuningError: out of memory on cuda:0", None) == (trials[1].error, trials[1].objective)
    assert 5 == sum(trial.state is not TrialState.FAILED for trial in trials)


def test_a_trial_that_does_worse_is_pruned(spec: MakeSpec) -> None:
    """After the startup trials, a trial below the median of its epoch is stopped."""
    trials, _ = run(spec(trials=20))
    pruned = [trial for trial in trials if trial.state is TrialState.PRUNED]
    assert pruned
    assert min(trial.number for trial in pruned) >= 5
    assert all(len(trial.history) <= int(str(trial.hyperparameters["num_train_epochs"])) for trial in pruned)


def test_another_study_under_the_same_name(spec: MakeSpec) -> None:
    """A study of another task under the same name is an error with a remedy."""
    run(spec(trials=1))
    with pytest.raises(SearchError, match=r"of task 'rte' and not of 'cola': name another --glue-search-storage"):
        run(spec(identity={"task": "cola"}))


@pytest.mark.parametrize(
    ("storage", "cause"),
    [
        ("nonsense://somewhere", "cannot be used by Optuna: "),
        ("sqlite:////no/such/folder/studies.db", "cannot be written: No such file or directory"),
    ],
)
def test_a_storage_that_cannot_be_used(spec: MakeSpec, storage: str, cause: str) -> None:
    """The error has one line, with the storage and the database's message."""
    with pytest.raises(SearchError) as caught:
        run(spec(storage=storage))
    assert str(caught.value).startswith(f"--glue-search-storage={storage} {cause}")
    assert "\n" not in str(caught.value)


def test_a_database_that_breaks_during_the_search(spec: MakeSpec, tmp_path: Path) -> None:
    """An error of the database between two trials names the storage, too."""
    file = tmp_path / "studies.db"

    def damage(hyperparameters: Hyperparameters, report: Report) -> list[TrialEpoch]:
        file.write_bytes(b"no database" * 1000)
        return rising(hyperparameters, report)

    with pytest.raises(SearchError, match=r"--glue-search-storage=sqlite:\S+ cannot be used by Optuna: "):
        run(spec(storage=f"sqlite:///{file}"), damage)


def _search(spec: StudySpec, folder: Path, barrier: Any, results: Any) -> None:
    """Search in a process that has its own folder for temporary files."""
    tempfile.tempdir = str(folder)
    begun: list[int] = []

    def objective(hyperparameters: Hyperparameters, report: Report) -> list[TrialEpoch]:
        begun.append(1)
        return rising(hyperparameters, report)

    try:
        barrier.wait(60)
        trials, _ = run(spec, objective)
        results.put((len(begun), without_time(trials)))
    except BaseException as error:  # noqa: BLE001 - the test shows it
        results.put((0, repr(error)))


@pytest.mark.parametrize("storage", ["sqlite:///{}/{}.db", "{}/{}"], ids=["database", "folder"])
def test_two_processes_with_different_folders_for_temporary_files(spec: MakeSpec, tmp_path: Path, storage: str) -> None:
    """Two searches of one new study run its trials once between them, and leave no lock."""
    context = multiprocessing.get_context("fork")
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    for attempt in range(4):
        barrier, results = context.Barrier(2), context.Queue()
        same = spec(storage=storage.format(tmp_path, attempt), trials=3)
        searches = [context.Process(target=_search, args=(same, tmp_path / n, barrier, results)) for n in ("a", "b")]
        for search in searches:
            search.start()
        found = [results.get(timeout=60) for _ in searches]
        for search in searches:
            search.join(60)
        assert found[0][1] == found[1][1]
        assert [0, 3] == sorted(begun for begun, _ in found)
    assert [] == list(tmp_path.glob("**/*lock*"))


def test_a_folder_that_is_a_file(spec: MakeSpec, tmp_path: Path) -> None:
    """A folder that cannot be created is an error that names it."""
    (tmp_path / "file").write_text("")
    with pytest.raises(SearchError, match="file cannot be written: File exists"):
        run(spec(storage=str(tmp_path / "file")))


def test_optuna_is_quiet(spec: MakeSpec) -> None:
    """Optuna logs nothing unless `verbose` is set, and its log level is restored."""
    messages: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: messages.append(record.getMessage())  # type: ignore[method-assign]
    before = optuna.logging.get_verbosity()
    logging.getLogger("optuna").addHandler(handler)
    try:
        run(spec(trials=2))
        assert [] == messages
        run(spec(trials=3, verbose=True))
        assert messages[0].startswith("Using an existing study")
    finally:
        logging.getLogger("optuna").removeHandler(handler)
    assert before == optuna.logging.get_verbosity()


def test_importance(spec: MakeSpec) -> None:
    """The hyperparameter that determines the score has the largest share, and the shares add up to 1."""
    trials, _ = run(spec(trials=12, name="importance"))
    shares = importance(trials, spec().space, 42)
    assert "learning_rate" == next(iter(shares))
    assert pytest.approx(1, abs=0.001) == sum(shares.values())


def test_no_importance_of_an_objective_that_overflows(spec: MakeSpec) -> None:
    """An undefined error counts as the largest number, whose variance is infinite; the item goes on."""
    trials, _ = run(spec(trials=6, name="overflow"))
    lost = [replace(trial, objective=1.7e308) if trial.number % 2 else trial for trial in trials]
    assert {} == importance(tuple(lost), spec().space, 42)


def test_no_importance_of_one_trial(spec: MakeSpec) -> None:
    """One trial has no variance to explain."""
    trials, _ = run(spec(trials=1))
    assert {} == importance(trials, spec().space, 42)


def falling(hyperparameters: Hyperparameters, report: Report) -> list[TrialEpoch]:
    """Return errors that fall with each epoch and are lower the closer the learning rate is to 5e-5."""
    history: list[TrialEpoch] = []

    def keep(epoch: TrialEpoch) -> bool:
        history.append(TrialEpoch(3 - (epoch.score or 0.0), epoch.loss))
        return report(history[-1])

    rising(hyperparameters, keep)
    return history


def test_where_lower_is_better_the_lowest_score_counts(spec: MakeSpec) -> None:
    """The objective of a trial is its lowest score, the best so far is the lowest, and trials above it are pruned."""
    asked = spec(trials=16, direction=Direction.MINIMIZE)
    trials, reported = run(asked, falling)
    objectives = [trial.objective for trial in trials if trial.objective is not None]
    assert min(objectives) == reported[-1][1]
    assert all(min(trial.history).score == trial.objective for trial in trials)
    pruned, complete = (
        [trial.objective or 0 for trial in trials if trial.state is state]
        for state in (TrialState.PRUNED, TrialState.COMPLETE)
    )
    assert pruned
    assert min(pruned) > min(complete)


@pytest.mark.parametrize("direction", Direction)
def test_an_undefined_score_is_no_objective(spec: MakeSpec, direction: Direction) -> None:
    """A trial whose score is undefined after every epoch is complete, and has none; one epoch with one is enough."""
    last_scores = iter((None, 0.5))

    def undefined(_: Hyperparameters, report: Report) -> list[TrialEpoch]:
        history = [TrialEpoch(None, 0.7), TrialEpoch(next(last_scores), 0.6)]
        for epoch in history:
            report(epoch)
        return history

    trials, _ = run(spec(trials=2, direction=direction, name=f"undefined {direction}"), undefined)
    complete = [trial for trial in trials if trial.state is TrialState.COMPLETE]
    assert [None, 0.5] == [trial.objective for trial in complete]


def test_the_sampler_looks_for_low_scores(spec: MakeSpec) -> None:
    """After the first random trials, most learning rates are near the one with the lowest error."""
    trials, _ = run(spec(trials=24, direction=Direction.MINIMIZE), falling)
    apart = [abs(math.log10(float(str(trial.hyperparameters["learning_rate"]))) - math.log10(5e-5)) for trial in trials]
    assert sum(apart[8:]) / 16 < sum(apart[:8]) / 8
