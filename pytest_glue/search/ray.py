"""Ray Tune: seeded random search with ASHA, trials side by side, and an experiment in a folder."""

import json
import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import ray
from ray import tune
from ray.tune.search import BasicVariantGenerator

from pytest_glue.config.search_space import Choices, Numbers
from pytest_glue.core import study as words
from pytest_glue.core.errors import SearchError
from pytest_glue.core.study import OnTrial
from pytest_glue.integrations.ray import environment, ray_session, require_room
from pytest_glue.search.backend import StudySpec
from pytest_glue.search.objective import Objective
from pytest_glue.search.serialization import arrived, travelling, user_modules

_FACTS = "pytest-glue.json"
_METRIC, _EPOCH = "objective", "training_iteration"
_WORST = -1.0
"""What a failed trial reports: no metric here goes below."""
_GRACE_PERIOD = 2
"""Epochs that each trial has before it is compared with others."""
_REDUCTION_FACTOR = 2
"""Of those that are compared, the worse half is stopped; at each doubling of the epochs again."""


class Backend:
    """Runs trials side by side, as many as there are resources for."""

    @staticmethod
    def run(spec: StudySpec, objective: Objective, on_trial: OnTrial) -> tuple[words.Trial, ...]:
        """See `SearchBackend`."""
        folder = Path(spec.storage).absolute() / spec.name
        _check_facts(folder, spec)
        # After each result and not now and then, so that a killed search has lost nothing that was finished.
        with environment({"TUNE_GLOBAL_CHECKPOINT_S": "0"}), ray_session(spec.resources, verbose=spec.verbose):
            require_room({"CPU": spec.resources.get("num_cpus", 1), "GPU": spec.resources.get("num_gpus", 0)})
            results = _tuner(spec, folder, objective, on_trial).fit()
        trials = [
            _trial(result.metrics or {}, result.error, Path(result.path).name, spec) for result in _listed(results)
        ]
        return tuple(sorted(trials, key=lambda trial: trial.number))


class _Progress(tune.Callback):
    """Tells of each trial that ends."""

    def __init__(self, spec: StudySpec, on_trial: OnTrial) -> None:
        self._spec = spec
        self._on_trial = on_trial

    def on_trial_complete(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:  # noqa: ARG002
        """Called by Ray Tune."""
        self._tell(trial, None, trials)

    def on_trial_error(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:  # noqa: ARG002
        """Called by Ray Tune, where a worker died."""
        self._tell(trial, trial.get_error(), trials)

    def _tell(self, trial: Any, crash: Exception | None, trials: list[Any]) -> None:
        ended = [_trial(each.last_result, None, each.trial_id, self._spec) for each in trials if each.is_finished()]
        now = _trial(trial.last_result, crash, trial.trial_id, self._spec)
        self._on_trial(now, words.highest([now, *ended]))

    def __getstate__(self) -> dict[str, Any]:
        """Nothing: Ray Tune saves its callbacks with the experiment."""
        return {}


def _run_trial(config: dict[str, Any], objective: Objective) -> None:
    """One trial, in a worker of Ray."""
    start = time.perf_counter()
    history: list[words.TrialEpoch] = []

    def facts() -> dict[str, Any]:
        best = max((seen.score for seen in history), default=_WORST)
        return {_METRIC: best, "history": list(history), "seconds": time.perf_counter() - start}

    def report(seen: words.TrialEpoch) -> bool:
        history.append(seen)
        tune.report(facts())
        return False

    try:
        arrived(objective)(config, report)
    except Exception as error:  # noqa: BLE001 - whatever ends a trial is recorded, and the search goes on
        tune.report({**facts(), _METRIC: _WORST, "error": f"{type(error).__name__}: {error}"})


def _tuner(spec: StudySpec, folder: Path, objective: Objective, on_trial: OnTrial) -> tune.Tuner:
    for module in user_modules(objective.trainer, spec.root):
        ray.cloudpickle.register_pickle_by_value(module)  # type: ignore[no-untyped-call]
    trainable = tune.with_resources(
        tune.with_parameters(_run_trial, objective=travelling(objective)),
        {"cpu": spec.resources.get("num_cpus", 1), "gpu": spec.resources.get("num_gpus", 0)},
    )
    if tune.Tuner.can_restore(folder):
        tuner = tune.Tuner.restore(str(folder), trainable, resume_unfinished=True)
        _run_config(tuner).callbacks = [_Progress(spec, on_trial)]
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
            mode="max",
        ),
        run_config=tune.RunConfig(
            name=spec.name,
            storage_path=str(folder.parent),
            verbose=3 if spec.verbose else 0,
            callbacks=[_Progress(spec, on_trial)],
        ),
    )


def _run_config(tuner: Any) -> Any:
    """Return the configuration of a tuner that was restored, for which Ray Tune has no door."""
    return tuner._local_tuner._run_config


def _listed(results: Any) -> list[Any]:
    return [results[position] for position in range(len(results))]


def _check_facts(folder: Path, spec: StudySpec) -> None:
    """Make sure that the folder holds this study, or none."""
    file = folder / _FACTS
    try:
        if not folder.exists():
            folder.mkdir(parents=True)
            file.write_text(json.dumps(dict(spec.facts)), "utf-8")
        found = json.loads(file.read_text("utf-8")) if file.is_file() else {}
    except (OSError, ValueError) as error:
        message = f"--glue-search-storage={spec.storage} cannot be used: {error}"
        raise SearchError(message) from None
    if found != spec.facts:
        message = (
            f"{folder} holds another study, of task {found.get('task')!r} and not of {spec.facts['task']!r}: "
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
    """Return a trial's number from its id, `1a2b3_00004`, which its folder's name holds too.

    What stands before the number is hexadecimal, so that once in ten experiments it looks like a number itself.
    """
    found = re.search(r"[0-9a-f]{5}_(\d{5})(?:_|$)", label)
    assert found
    return int(found[1])


def _trial(result: Mapping[str, Any], crash: Exception | None, label: str, spec: StudySpec) -> words.Trial:
    history = tuple(words.TrialEpoch(*seen) for seen in result.get("history", ()))
    hyperparameters = {name: result["config"][name] for name in sorted(spec.space)} if "config" in result else {}
    error = result.get("error") or (str(crash).strip().splitlines()[-1] if crash else None)
    if error or not history:
        state = words.TrialState.FAILED
    else:
        full = len(history) >= spec.epochs_of(hyperparameters)
        state = words.TrialState.COMPLETE if full else words.TrialState.PRUNED
    return words.Trial(
        number=_number(label),
        state=state,
        hyperparameters=hyperparameters,
        objective=None if error or not history else max(history).score,
        history=history,
        duration_s=result.get("seconds", 0.0),
        error=error,
    )
