"""The Optuna backend: a seeded TPE sampler, a median pruner, and a study in a file or a database."""

import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import optuna
from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock

from pytest_glue.config.search_space import Choices, Numbers, Space
from pytest_glue.core.errors import SearchError
from pytest_glue.core.study import Direction, OnTrial, Trial, TrialEpoch, TrialState, best_objective, best_score
from pytest_glue.search.backend import StudySpec
from pytest_glue.search.objective import Objective
from pytest_glue.search.study_lock import database_file, is_url, locked

_SQLITE_TIMEOUT_S = 60
"""How long a process waits for another one that writes to the same SQLite database."""
_STARTUP_TRIALS = 5
"""Random trials before the sampler learns from their results and the pruner compares with them."""
_STATES = {
    optuna.trial.TrialState.COMPLETE: TrialState.COMPLETE,
    optuna.trial.TrialState.PRUNED: TrialState.PRUNED,
    optuna.trial.TrialState.FAIL: TrialState.FAILED,
}
_IDENTITY, _ERROR, _HISTORY, _DURATION = "pytest_glue.facts", "error", "history", "duration_s"
"""User attributes of the study and of its trials, as they are stored."""


class OptunaBackend:
    """Runs one trial after the other, in this process."""

    def run(self, spec: StudySpec, objective: Objective, on_trial: OnTrial) -> tuple[Trial, ...]:
        with _log_level(verbose=spec.verbose), locked(spec, spec.name), _storage_errors(spec):
            study = _open_study(spec)
            for number in range(spec.trials):
                known = study.trials[number] if number < len(study.trials) else None
                if known is None or not known.state.is_finished():
                    # Seeded by trial, so that a resumed study draws the same trials as an uninterrupted one.
                    study.sampler = optuna.samplers.TPESampler(
                        n_startup_trials=_STARTUP_TRIALS, seed=_seed(spec.seed, number)
                    )
                    # A trial of a killed process is run again, under its number and with its hyperparameters.
                    trial = study.ask() if known is None else optuna.trial.Trial(study, known._trial_id)
                    _run_trial(study, trial, spec, objective)
                    finished = _finished(study, number + 1, spec.direction)
                    on_trial(finished[-1], best_objective(finished, spec.direction))
            return _finished(study, spec.trials, spec.direction)


def importance(trials: tuple[Trial, ...], space: Space, seed: int) -> dict[str, float]:
    """Return the share of each hyperparameter in the variance of the objective over complete trials, largest first.

    Empty if there are fewer than two different objectives, or if fANOVA finds no effect or cannot be computed.
    """
    complete = [trial for trial in trials if trial.state is TrialState.COMPLETE and trial.objective is not None]
    if len({trial.objective for trial in complete}) < 2:
        return {}
    with _log_level(verbose=False):
        study = optuna.create_study(direction="maximize")
        distributions = {name: _distribution(space[name]) for name in space}
        for trial in complete:
            params = {name: trial.hyperparameters[name] for name in distributions}
            study.add_trial(optuna.create_trial(params=params, distributions=distributions, value=trial.objective))
        evaluator = optuna.importance.FanovaImportanceEvaluator(seed=seed)
        try:
            found = optuna.importance.get_param_importances(study, evaluator=evaluator)
        except Exception:  # noqa: BLE001 - its trees have no split, or objectives overflow: no reason to lose the item
            return {}
    return {name: round(float(share), 4) for name, share in found.items()}


def _run_trial(study: optuna.Study, trial: optuna.Trial, spec: StudySpec, objective: Objective) -> None:
    hyperparameters = {name: trial._suggest(name, _distribution(spec.space[name])) for name in sorted(spec.space)}
    epochs, pruned = 0, False

    def report(epoch: TrialEpoch) -> bool:
        nonlocal epochs, pruned
        epochs += 1
        trial.report(spec.direction.counted(epoch.score), epochs)
        pruned = trial.should_prune()
        return pruned

    start = time.perf_counter()
    history: list[TrialEpoch] = []
    try:
        history = objective(hyperparameters, report)
    except Exception as error:  # noqa: BLE001 - the trial is recorded as failed, and the search continues
        trial.set_user_attr(_ERROR, f"{type(error).__name__}: {error}")
    trial.set_user_attr(_HISTORY, history)
    trial.set_user_attr(_DURATION, time.perf_counter() - start)
    if not history:
        study.tell(trial, state=optuna.trial.TrialState.FAIL)
    elif pruned:
        study.tell(trial, state=optuna.trial.TrialState.PRUNED)
    else:
        study.tell(trial, spec.direction.counted(best_score(history, spec.direction)))


def _finished(study: optuna.Study, count: int, direction: Direction) -> tuple[Trial, ...]:
    return tuple(_convert(trial, direction) for trial in study.trials[:count])


def _convert(trial: optuna.trial.FrozenTrial, direction: Direction) -> Trial:
    attributes: dict[str, Any] = trial.user_attrs
    history = tuple(TrialEpoch(*epoch) for epoch in attributes.get(_HISTORY, ()))
    return Trial(
        number=trial.number,
        state=_STATES[trial.state],
        hyperparameters=dict(trial.params),
        objective=best_score(history, direction) if history else None,
        history=history,
        duration_s=attributes.get(_DURATION, 0.0),
        error=attributes.get(_ERROR),
    )


def _distribution(distribution: Numbers | Choices) -> optuna.distributions.BaseDistribution:
    match distribution:
        case Choices(values):
            choices: Any = values  # plain values: a search space holds neither lists nor tables
            return optuna.distributions.CategoricalDistribution(choices)
        case Numbers(whole=True, low=low, high=high, step=step, log=log):
            return optuna.distributions.IntDistribution(int(low), int(high), step=int(step or 1), log=log)
        case Numbers(low=low, high=high, step=step, log=log):
            return optuna.distributions.FloatDistribution(low, high, step=step, log=log)


def _open_study(spec: StudySpec) -> optuna.Study:
    # Locked, since two processes cannot create the tables of one database at the same time.
    with _opening_errors(spec), locked(spec):
        study = optuna.create_study(
            storage=_open_storage(spec),
            study_name=spec.name,
            direction=spec.direction.value,
            load_if_exists=True,
            pruner=optuna.pruners.MedianPruner(n_startup_trials=_STARTUP_TRIALS),
        )
    if _IDENTITY not in study.user_attrs and not study.trials:
        study.set_user_attr(_IDENTITY, dict(spec.identity))
    if (found := study.user_attrs.get(_IDENTITY)) != spec.identity:
        task = found.get("task") if isinstance(found, dict) else None
        message = (
            f"{spec.storage} holds another study {spec.name!r}, of task {task!r} and not of "
            f"{spec.identity['task']!r}: name another --glue-search-storage, or delete the study there"
        )
        raise SearchError(message)
    return study


def _open_storage(spec: StudySpec) -> BaseStorage:
    if is_url(spec.storage):
        wait = {"connect_args": {"timeout": _SQLITE_TIMEOUT_S}} if database_file(spec.storage) else {}
        return RDBStorage(spec.storage, engine_kwargs=wait)
    folder = Path(spec.storage)
    folder.mkdir(parents=True, exist_ok=True)
    file = str(folder / f"{spec.name}.optuna.log")
    return JournalStorage(JournalFileBackend(file, lock_obj=JournalFileOpenLock(file)))


@contextmanager
def _opening_errors(spec: StudySpec) -> Iterator[None]:
    """Convert what else is raised where the storage does not suit Optuna, such as an unknown database."""
    try:
        yield
    except (OSError, ValueError, ImportError) as error:
        raise _unusable(spec, error) from error


@contextmanager
def _storage_errors(spec: StudySpec) -> Iterator[None]:
    """Convert the errors of databases, which any access can raise, to a `SearchError` that names the storage."""
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except (SQLAlchemyError, optuna.exceptions.StorageInternalError) as error:
        raise _unusable(spec, error) from error


def _unusable(spec: StudySpec, error: Exception) -> SearchError:
    cause = str(error).strip().splitlines()[0]
    return SearchError(
        f"--glue-search-storage={spec.storage} cannot be used by Optuna: {type(error).__name__}: {cause}"
    )


@contextmanager
def _log_level(*, verbose: bool) -> Iterator[None]:
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.INFO if verbose else optuna.logging.ERROR)
    try:
        with warnings.catch_warnings():
            if not verbose:
                warnings.filterwarnings("ignore", module=r"optuna\.")
            yield
    finally:
        optuna.logging.set_verbosity(before)


def _seed(seed: int, number: int) -> int:
    return int.from_bytes(sha256(f"{seed}:{number}".encode()).digest()[:4], "big")
