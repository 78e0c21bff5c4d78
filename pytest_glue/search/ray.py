"""The Ray Tune backend: seeded random search with ASHA, parallel trials, and an experiment in a folder."""

import json
import re
import signal
import time
from collections.abc import Mapping
from pathlib import Path
from sys import float_info
from typing import Any

import ray
from ray import tune
from ray.tune.search import BasicVariantGenerator

from pytest_glue.config.search_space import Choices, Numbers
from pytest_glue.core.errors import SearchError
from pytest_glue.core.paths import replace_file
from pytest_glue.core.study import Direction, OnTrial, Trial, TrialEpoch, TrialState, best_objective, best_score
from pytest_glue.integrations.ray import RayConfig, environment, ray_session, require_capacity
from pytest_glue.integrations.signals import kept_handlers
from pytest_glue.search.backend import StudySpec
from pytest_glue.search.objective import Objective
from pytest_glue.search.serialization import make_picklable, reset_device, user_modules
from pytest_glue.search.study_lock import locked

_IDENTITY_FILE = "pytest-glue.json"
_METRIC, _EPOCH = "objective", "training_iteration"
_WORST = -float_info.max
"""The oriented objective of a failed trial: below that of every other. Ray Tune refuses infinity."""
_GRACE_PERIOD = 2
"""Epochs before a trial can be stopped."""
_REDUCTION_FACTOR = 2
"""ASHA keeps one in so many trials, each time that the epochs have grown by the same factor."""


class RayTuneBackend:
    """Runs as many trials in parallel as the cluster has resources for."""

    @staticmethod
    def run(spec: StudySpec, objective: Objective, on_trial: OnTrial) -> tuple[Trial, ...]:
        folder = Path(spec.storage).absolute() / spec.name
        with locked(spec, spec.name):
            _check_identity(folder, spec)
            results = _fit(spec, folder, objective, on_trial)
        ended = [results[index] for index in range(len(results))]
        trials = [_convert(result.metrics or {}, result.error, Path(result.path).name, spec) for result in ended]
        return tuple(sorted(trials, key=lambda trial: trial.number))


class _Progress(tune.Callback):
    """Reports each trial that ends."""

    def __init__(self, spec: StudySpec, on_trial: OnTrial) -> None:
        self._spec = spec
        self._on_trial = on_trial

    def on_trial_complete(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:  # noqa: ARG002
        self._report(trial, None, trials)

    def on_trial_error(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:  # noqa: ARG002
        self._report(trial, trial.get_error(), trials)

    def _report(self, trial: Any, crash: Exception | None, trials: list[Any]) -> None:
        ended = [_convert(each.last_result, None, each.trial_id, self._spec) for each in trials if each.is_finished()]
        now = _convert(trial.last_result, crash, trial.trial_id, self._spec)
        self._on_trial(now, best_objective([now, *ended], self._spec.direction))

    def __getstate__(self) -> dict[str, Any]:
        return {}  # Ray Tune pickles its callbacks with the experiment; `on_trial` cannot be pickled


def _run_trial(config: dict[str, Any], objective: Objective, direction: Direction) -> None:
    """Run one trial in a Ray worker."""
    start = time.perf_counter()
    history: list[TrialEpoch] = []
    worst = direction.sign * _WORST

    def result() -> dict[str, Any]:
        best = direction.counted(best_score(history, direction)) if history else worst
        return {_METRIC: best, "history": list(history), "seconds": time.perf_counter() - start}

    def report(epoch: TrialEpoch) -> bool:
        history.append(epoch)
        tune.report(result())
        return False

    try:
        reset_device(objective)(config, report)
    except Exception as error:  # noqa: BLE001 - the trial is recorded as failed, and the search continues
        tune.report({**result(), _METRIC: worst, "error": f"{type(error).__name__}: {error}"})


def _fit(spec: StudySpec, folder: Path, objective: Objective, on_trial: OnTrial) -> tune.ResultGrid:
    """Run the trials on a cluster or on this machine."""
    replaced = [signal.SIGUSR1] if hasattr(signal, "SIGUSR1") else []  # Ray Tune sets a handler and leaves it
    # Saves the experiment after each result, so that a killed search loses no finished trial.
    with (
        environment({"TUNE_GLOBAL_CHECKPOINT_S": "0"}),
        ray_session(RayConfig(spec.resources, verbose=spec.verbose)),
        kept_handlers(*replaced),
    ):
        require_capacity({"CPU": spec.resources.get("num_cpus", 1), "GPU": spec.resources.get("num_gpus", 0)})
        return _tuner(spec, folder, objective, on_trial).fit()


def _tuner(spec: StudySpec, folder: Path, objective: Objective, on_trial: OnTrial) -> tune.Tuner:
    for module in user_modules(objective.trainer, spec.root):
        ray.cloudpickle.register_pickle_by_value(module)  # type: ignore[no-untyped-call]
    trainable = tune.with_resources(
        tune.with_parameters(_run_trial, objective=make_picklable(objective), direction=spec.direction),
        {"cpu": spec.resources.get("num_cpus", 1), "gpu": spec.resources.get("num_gpus", 0)},
    )
    if tune.Tuner.can_restore(folder):
        tuner = tune.Tuner.restore(str(folder), trainable, resume_unfinished=True)
        # A restored tuner has no public way to set its callbacks.
        run_config: Any = tuner._local_tuner._run_config  # type: ignore[union-attr]
        run_config.callbacks = [_Progress(spec, on_trial)]
        return tuner
    return tune.Tuner(
        trainable,
        param_space={name: _domain(spec.space[name]) for name in sorted(spec.space)},
        tune_config=tune.TuneConfig(
            num_samples=spec.trials,
            search_alg=BasicVariantGenerator(random_state=spec.seed),
            scheduler=tune.schedulers.ASHAScheduler(
                time_attr=_EPOCH,
                max_t=spec.max_epochs,
                grace_period=min(_GRACE_PERIOD, spec.max_epochs),
                reduction_factor=_REDUCTION_FACTOR,
            ),
            metric=_METRIC,
            mode="max" if spec.direction is Direction.MAXIMIZE else "min",
        ),
        run_config=tune.RunConfig(
            name=spec.name,
            storage_path=str(folder.parent),
            verbose=3 if spec.verbose else 0,
            callbacks=[_Progress(spec, on_trial)],
        ),
    )


def _check_identity(folder: Path, spec: StudySpec) -> None:
    """Check that the folder is empty or holds this study.

    Raises:
        SearchError: it holds another study, or cannot be used.
    """
    file = folder / _IDENTITY_FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not file.exists() and not tune.Tuner.can_restore(folder):  # new, or its process was killed at once
            replace_file(file, json.dumps(dict(spec.identity)))
        found = json.loads(file.read_text("utf-8")) if file.is_file() else {}
    except (OSError, ValueError) as error:
        raise SearchError(f"--glue-search-storage={spec.storage} cannot be used: {error}") from None
    if found != spec.identity:
        message = (
            f"{folder} holds another study, of task {found.get('task')!r} and not of {spec.identity['task']!r}: "
            "name another --glue-search-storage, or delete the folder"
        )
        raise SearchError(message)


def _domain(distribution: Numbers | Choices) -> Any:
    match distribution:
        case Choices(values):
            return tune.choice(list(values))
        case Numbers(step=step) if step is not None:
            return tune.choice(list(distribution.grid))
        case Numbers(whole=True, log=True, low=low, high=high):
            return tune.lograndint(int(low), int(high) + 1)
        case Numbers(whole=True, low=low, high=high):
            return tune.randint(int(low), int(high) + 1)
        case Numbers(log=True, low=low, high=high):
            return tune.loguniform(low, high)
        case Numbers(low=low, high=high):
            return tune.uniform(low, high)


def _number(label: str) -> int:
    """Return a trial's number from its id, such as `1a2b3_00004`, or from its folder's name, which contains the id.

    The five hexadecimal digits before the number can be decimal digits, too.
    """
    found = re.search(r"[0-9a-f]{5}_(\d{5})(?:_|$)", label)
    assert found
    return int(found[1])


def _convert(result: Mapping[str, Any], crash: Exception | None, label: str, spec: StudySpec) -> Trial:
    history = tuple(TrialEpoch(*epoch) for epoch in result.get("history", ()))
    hyperparameters = {name: result["config"][name] for name in sorted(spec.space)} if "config" in result else {}
    error = result.get("error") or (str(crash).strip().splitlines()[-1] if crash else None)
    if error or not history:
        state = TrialState.FAILED
    else:
        full = len(history) >= spec.epochs_of(hyperparameters)
        state = TrialState.COMPLETE if full else TrialState.PRUNED
    return Trial(
        number=_number(label),
        state=state,
        hyperparameters=hyperparameters,
        objective=None if error or not history else best_score(history, spec.direction),
        history=history,
        duration_s=result.get("seconds", 0.0),
        error=error,
    )
