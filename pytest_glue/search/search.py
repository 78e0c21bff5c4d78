"""The search of an item: what it is asked, the study that answers, and the trainer that is then ready for all data."""

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
from pytest_glue.core.study import EVALUATION, OnTrial, SearchConfig, Study, Trial
from pytest_glue.core.tasks import Task
from pytest_glue.search.backend import StudySpec, open_backend
from pytest_glue.search.objective import Objective
from pytest_glue.search.subset import split
from pytest_glue.training.arguments import set_hyperparameters, used_recipe


@dataclass(frozen=True, slots=True)
class Search:
    """What was asked for."""

    terms: SearchConfig
    space: Space
    storage: str
    resources: Mapping[str, Any]
    """What `[tool.pytest_glue.ray]` holds."""
    root: Path
    """Below which the user's own modules lie."""
    verbose: bool
    """Whether the backend may log."""
    name: str
    """The item's part of the study's name: task and checkpoint."""
    on_trial: OnTrial


def find_hyperparameters(search: Search, trainer: Trainer, task: Task, identity: Mapping[str, str]) -> Study:
    """Search, and set what was found on the trainer, which then trains on everything.

    Args:
        search: what was asked for.
        trainer: of the item; its `model_init` and everything that the user overrode take part in each trial.
        task: of the item.
        identity: what else determines a trial: digests of checkpoint and data.

    Raises:
        DataError: the fraction is too small for the task's classes.
        MissingPackageError: the backend is not installed.
        SearchError: the storage cannot be used, or no trial came to an end.
    """
    start = time.perf_counter()
    terms = search.terms
    objective = _objective(terms, trainer, task)
    seed = trainer.args.seed
    facts = {
        "task": task.name,
        **identity,
        "terms": asdict(search.terms),
        "seed": seed,
        "n_train": len(objective.train_dataset),
        "recipe": used_recipe(trainer.args),
    }
    facts = json.loads(json.dumps(facts, default=str))
    if terms.backend != "ray":
        # Ray Tune draws all trials of a study at its start; Optuna's can have more of them later.
        del facts["terms"]["trials"]
    spec = StudySpec(
        name=f"{search.name}-{sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:8]}",
        storage=search.storage,
        space=search.space,
        trials=terms.trials,
        epochs=trainer.args.num_train_epochs,
        seed=seed,
        facts=facts,
        resources=search.resources,
        root=search.root,
        verbose=search.verbose,
    )
    trials = open_backend(terms.backend).run(spec, objective, search.on_trial)
    study = Study(
        terms=terms,
        name=spec.name,
        storage=search.storage,
        objective=task.headline_metric,
        n_train=len(objective.train_dataset),
        n_eval=len(objective.eval_dataset),
        seed=seed,
        trials=trials,
        importance=_importance(trials, search.space, seed),
        duration_s=time.perf_counter() - start,
    )
    if not study.finished:
        cause = next((trial.error for trial in trials if trial.error), "none of them saw its last epoch")
        message = f"none of the {len(trials)} trials of study {spec.name!r} came to an end; the first cause: {cause}"
        raise SearchError(message)
    set_hyperparameters(trainer, study.best.hyperparameters)
    return study


def _objective(terms: SearchConfig, trainer: Trainer, task: Task) -> Objective:
    data: Any = trainer.train_dataset
    part = split(data["label"], terms.fraction, trainer.args.seed, is_regression=task.is_regression)
    held_out = trainer.eval_dataset if terms.split == EVALUATION else data.select(part.held_out)
    return Objective(trainer, data.select(part.train), held_out, task.headline_metric)


def _importance(trials: tuple[Trial, ...], space: Space, seed: int) -> dict[str, float]:
    if find_spec("optuna") is None:
        return {}
    from pytest_glue.search.optuna import importance

    return importance(trials, space, seed)
