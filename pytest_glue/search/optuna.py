"""Optuna: a seeded TPE sampler, a median pruner, and a study in a file or a database."""

import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from tempfile import gettempdir
from typing import Any

import optuna
from filelock import FileLock
from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock
from optuna.trial import FrozenTrial, TrialState

from pytest_glue.config.search_space import Choices, Numbers, Space
from pytest_glue.core import study as words
from pytest_glue.core.errors import SearchError
from pytest_glue.core.recipe import RecipeValue
from pytest_glue.core.study import OnTrial
from pytest_glue.search.backend import StudySpec
from pytest_glue.search.objective import Objective

_STARTUP_TRIALS = 5
"""Trials that are drawn at random before the sampler begins to learn from them, and before any is pruned."""
_STATES = {
    TrialState.COMPLETE: words.TrialState.COMPLETE,
    TrialState.PRUNED: words.TrialState.PRUNED,
    TrialState.FAIL: words.TrialState.FAILED,
}
_FACTS, _ERROR, _HISTORY, _DURATION = "pytest_glue.facts", "error", "history", "duration_s"


class Backend:
    """Runs one trial after the other, in this process."""

    def run(self, spec: StudySpec, objective: Objective, on_trial: OnTrial) -> tuple[words.Trial, ...]:
        """See `SearchBackend`."""
        with _quiet(verbose=spec.verbose), _alone(spec):
            study = _open_study(spec)
            for number in range(spec.trials):
                known = study.trials[number] if number < len(study.trials) else None
                if known is None or not known.state.is_finished():
                    # Reseeded for each trial: the fourth is the same, whether or not this process ran the third.
                    study.sampler = optuna.samplers.TPESampler(
                        n_startup_trials=_STARTUP_TRIALS, seed=_seed(spec.seed, number)
                    )
                    # One that a killed process left behind is begun again, under its number and with its values.
                    trial = study.ask() if known is None else optuna.trial.Trial(study, known._trial_id)
                    self._run_trial(study, trial, spec.space, objective)
                    finished = _finished(study, number + 1)
                    on_trial(finished[-1], words.highest(finished))
            return _finished(study, spec.trials)

    @staticmethod
    def _run_trial(study: optuna.Study, trial: optuna.Trial, space: Space, objective: Objective) -> None:
        hyperparameters = {name: _suggest(trial, name, space[name]) for name in sorted(space)}
        epochs, pruned = 0, False

        def report(seen: words.TrialEpoch) -> bool:
            nonlocal epochs, pruned
            epochs += 1
            trial.report(seen.score, epochs)
            pruned = trial.should_prune()
            return pruned

        start = time.perf_counter()
        history: list[words.TrialEpoch] = []
        try:
            history = objective(hyperparameters, report)
        except Exception as error:  # noqa: BLE001 - whatever ends a trial is recorded, and the search goes on
            trial.set_user_attr(_ERROR, f"{type(error).__name__}: {error}")
        trial.set_user_attr(_HISTORY, history)
        trial.set_user_attr(_DURATION, time.perf_counter() - start)
        if not history:
            study.tell(trial, state=TrialState.FAIL)
        elif pruned:
            study.tell(trial, state=TrialState.PRUNED)
        else:
            study.tell(trial, max(history).score)


def _finished(study: optuna.Study, count: int) -> tuple[words.Trial, ...]:
    return tuple(_plain(trial) for trial in study.trials[:count])


def importance(trials: tuple[words.Trial, ...], space: Space, seed: int) -> dict[str, float]:
    """Return the share of each hyperparameter in the differences between complete trials, the largest first.

    Empty where there are too few trials to tell, or all of them scored the same.
    """
    complete = [trial for trial in trials if trial.state is words.TrialState.COMPLETE]
    if len({trial.objective for trial in complete}) < 2:
        return {}
    with _quiet(verbose=False):
        study = optuna.create_study(direction="maximize")
        distributions = {name: _distribution(space[name]) for name in space}
        for trial in complete:
            # A hyperparameter of one value takes no part.
            params = {name: trial.hyperparameters[name] for name in distributions}
            study.add_trial(optuna.create_trial(params=params, distributions=distributions, value=trial.objective))
        evaluator = optuna.importance.FanovaImportanceEvaluator(seed=seed)
        try:
            found = optuna.importance.get_param_importances(study, evaluator=evaluator)
        except RuntimeError:  # its trees found nothing to split
            return {}
    return {name: round(float(share), 4) for name, share in found.items()}


def _suggest(trial: optuna.Trial, name: str, distribution: Numbers | Choices) -> RecipeValue:
    value: RecipeValue
    match distribution:
        case Choices(values):
            value = trial.suggest_categorical(name, _plain_choices(values))
        case Numbers(whole=True, low=low, high=high, step=step, log=log):
            value = trial.suggest_int(name, int(low), int(high), step=int(step or 1), log=log)
        case Numbers(low=low, high=high, step=step, log=log):
            value = trial.suggest_float(name, low, high, step=step, log=log)
    return value


def _distribution(distribution: Numbers | Choices) -> optuna.distributions.BaseDistribution:
    match distribution:
        case Choices(values):
            return optuna.distributions.CategoricalDistribution(_plain_choices(values))
        case Numbers(whole=True, low=low, high=high, step=step, log=log):
            return optuna.distributions.IntDistribution(int(low), int(high), step=int(step or 1), log=log)
        case Numbers(low=low, high=high, step=step, log=log):
            return optuna.distributions.FloatDistribution(low, high, step=step, log=log)


def _plain_choices(values: tuple[RecipeValue, ...]) -> list[bool | int | float | str | None]:
    """Return them as what they are: a search space holds neither lists nor tables."""
    return [value for value in values if not isinstance(value, list | dict)]


def _open_study(spec: StudySpec) -> optuna.Study:
    # Two processes that make the tables of one database at the same time get in each other's way.
    with _explained(spec), _lock(spec, spec.storage):
        study = optuna.create_study(
            storage=_open_storage(spec),
            study_name=spec.name,
            direction="maximize",
            load_if_exists=True,
            pruner=optuna.pruners.MedianPruner(n_startup_trials=_STARTUP_TRIALS),
        )
    if _FACTS not in study.user_attrs and not study.trials:
        study.set_user_attr(_FACTS, dict(spec.facts))
    if (found := study.user_attrs.get(_FACTS)) != spec.facts:
        task = found.get("task") if isinstance(found, dict) else None
        message = (
            f"the study {spec.name!r} in {spec.storage} is another one, of task {task!r} and not of "
            f"{spec.facts['task']!r}: name another --glue-search-storage, or delete it there"
        )
        raise SearchError(message)
    return study


def _open_storage(spec: StudySpec) -> BaseStorage:
    if _is_url(spec.storage):
        return RDBStorage(spec.storage)
    folder = Path(spec.storage)
    folder.mkdir(parents=True, exist_ok=True)
    file = str(folder / f"{spec.name}.optuna.log")
    return JournalStorage(JournalFileBackend(file, lock_obj=JournalFileOpenLock(file)))


def _is_url(storage: str) -> bool:
    return "://" in storage


@contextmanager
def _alone(spec: StudySpec) -> Iterator[None]:
    """Let one process of this machine work on the study; another one waits, and then finds it finished."""
    try:
        lock = _lock(spec, f"{spec.storage}\n{spec.name}")
        lock.acquire()
    except OSError as error:
        message = f"--glue-search-storage={spec.storage} cannot be written: {error.strerror or error}"
        raise SearchError(message) from None
    try:
        yield
    finally:
        lock.release()


def _lock(spec: StudySpec, what: str) -> FileLock:
    """Return the lock of this machine for a storage, or for a study in it."""
    folder = Path(gettempdir()) if _is_url(spec.storage) else Path(spec.storage)
    folder.mkdir(parents=True, exist_ok=True)
    return FileLock(folder / f".{sha256(what.encode()).hexdigest()[:16]}.lock")


@contextmanager
def _explained(spec: StudySpec) -> Iterator[None]:
    """Turn what a storage can go wrong with into an error that names it."""
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except (SQLAlchemyError, optuna.exceptions.StorageInternalError, OSError, ValueError, ImportError) as error:
        cause = str(error).strip().splitlines()[0]
        message = f"--glue-search-storage={spec.storage} cannot be used by Optuna: {type(error).__name__}: {cause}"
        raise SearchError(message) from error


@contextmanager
def _quiet(*, verbose: bool) -> Iterator[None]:
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


def _plain(trial: FrozenTrial) -> words.Trial:
    attributes: dict[str, Any] = trial.user_attrs
    history = tuple(words.TrialEpoch(*seen) for seen in attributes.get(_HISTORY, ()))
    return words.Trial(
        number=trial.number,
        state=_STATES[trial.state],
        hyperparameters=dict(trial.params),
        objective=max(history).score if history else None,
        history=history,
        duration_s=attributes.get(_DURATION, 0.0),
        error=attributes.get(_ERROR),
    )
