"""The search of one item: runs a study and sets its best hyperparameters on the item's trainer."""

import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from transformers import Trainer

from pytest_glue.config.search_space import Space
from pytest_glue.core.errors import SearchError
from pytest_glue.core.secrets import mask
from pytest_glue.core.study import BACKENDS, EVALUATION, Direction, OnTrial, SearchConfig, Study, Trial
from pytest_glue.core.tasks import Task
from pytest_glue.search.backend import SearchBackend, StudySpec, require
from pytest_glue.search.objective import Objective
from pytest_glue.search.subset import split
from pytest_glue.training.arguments import set_hyperparameters, used_recipe
from pytest_glue.training.label_sets import label_numbers


@dataclass(frozen=True, slots=True)
class Search:
    """The search that the options ask for."""

    terms: SearchConfig
    space: Space
    storage: str
    resources: Mapping[str, Any]
    """The table `[tool.pytest_glue.ray]`."""
    root: Path
    """The folder that contains the user's own modules."""
    verbose: bool
    """Whether the backend may log."""
    name: str
    """The first part of the study's name: task and checkpoint."""
    on_trial: OnTrial


def find_hyperparameters(search: Search, trainer: Trainer, task: Task, identity: Mapping[str, str]) -> Study:
    """Run the study and set its best hyperparameters on the trainer, which keeps its full data.

    Args:
        search: what the options ask for.
        trainer: the item's; each trial uses its `model_init` and everything else that the user overrode.
        task: the item's.
        identity: digests of checkpoint and data.

    Raises:
        DataError: the fraction is too small for the task's classes.
        MissingPackageError: the backend is not installed.
        SearchError: the storage cannot be used, or no trial is complete.
    """
    start = time.perf_counter()
    objective = _objective(search.terms, trainer, task)
    spec = _study_spec(search, objective, {"task": task.name, **identity})
    trials = _open_backend(search.terms.backend).run(spec, objective, search.on_trial)
    study = Study(
        terms=search.terms,
        name=spec.name,
        storage=mask(search.storage),
        objective=task.headline_metric,
        n_train=len(objective.train_dataset),
        n_eval=len(objective.eval_dataset),
        seed=spec.seed,
        trials=trials,
        importance=_importance(trials, search.space, spec.seed),
        duration_s=time.perf_counter() - start,
        direction=spec.direction,
    )
    if not study.finished:
        cause = next((trial.error for trial in trials if trial.error), "all were pruned")
        raise SearchError(f"none of the {len(trials)} trials of study {spec.name!r} is complete; first cause: {cause}")
    set_hyperparameters(trainer, study.best.hyperparameters)
    return study


def _objective(terms: SearchConfig, trainer: Trainer, task: Task) -> Objective:
    data: Any = trainer.train_dataset
    part = split(label_numbers(data["label"]), terms.fraction, trainer.args.seed, task.kind)
    held_out = trainer.eval_dataset if terms.split == EVALUATION else data.select(part.held_out)
    return Objective(trainer, data.select(part.train), held_out, task.headline_metric)


def _study_spec(search: Search, objective: Objective, identity: Mapping[str, str]) -> StudySpec:
    arguments = objective.trainer.args
    complete = {
        **identity,
        "terms": asdict(search.terms),
        "seed": arguments.seed,
        "n_train": len(objective.train_dataset),
        "recipe": used_recipe(arguments),
    }
    plain = json.loads(json.dumps(complete, default=str))
    if not BACKENDS[search.terms.backend].fixed_trials:
        del plain["terms"]["trials"]  # the same study, extended by more trials
    return StudySpec(
        name=f"{search.name}-{sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()[:8]}",
        storage=search.storage,
        space=search.space,
        trials=search.terms.trials,
        epochs=arguments.num_train_epochs,
        seed=arguments.seed,
        identity=plain,
        resources=search.resources,
        root=search.root,
        verbose=search.verbose,
        direction=Direction.of(objective.metric),
    )


def _open_backend(name: str) -> SearchBackend:
    require(name)
    if name == "ray":
        from pytest_glue.search.ray import RayTuneBackend

        return RayTuneBackend()
    from pytest_glue.search.optuna import OptunaBackend

    return OptunaBackend()


def _importance(trials: tuple[Trial, ...], space: Space, seed: int) -> dict[str, float]:
    if find_spec("optuna") is None:
        return {}
    from pytest_glue.search.optuna import importance

    return importance(trials, space, seed)
