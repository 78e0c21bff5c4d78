"""Serialization of an objective for another process or machine, with its model and data in memory."""

import sys
from copy import copy, deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from datasets import Dataset
from transformers import Trainer, set_seed

from pytest_glue.search.objective import Objective
from pytest_glue.training.library_state import silence_libraries


@dataclass(frozen=True)
class InitialModel:
    """A `model_init` that copies a model in memory, and so needs no files."""

    model: Any

    def __call__(self, trial: Any = None) -> Any:  # noqa: ARG002 - the signature of `model_init`
        return deepcopy(self.model)


def make_picklable(objective: Objective) -> Objective:
    """Return a copy that can be pickled and that refers to no path of this machine."""
    with silence_libraries():
        return replace(
            objective,
            trainer=_without_model(objective.trainer),
            train_dataset=_in_memory(objective.train_dataset),
            eval_dataset=_in_memory(objective.eval_dataset),
        )


def reset_device(objective: Objective) -> Objective:
    """Clear the device that was cached before pickling, and return the objective."""
    objective.trainer.args.__dict__.pop("__cached__setup_devices", None)
    return objective


def user_modules(trainer: Trainer, root: Path) -> list[Any]:
    """Return the modules below `root` that define parts of the trainer; other processes cannot import them."""
    parts: list[Any] = [
        type(trainer),
        trainer.model_init,
        trainer.compute_metrics,
        trainer.data_collator,
        *(type(callback) for callback in trainer.callback_handler.callbacks),
    ]
    modules = {getattr(part, "__module__", None) or type(part).__module__ for part in parts if part is not None}
    found = [sys.modules[name] for name in sorted(modules) if name in sys.modules]
    return [module for module in found if Path(getattr(module, "__file__", None) or "/").is_relative_to(root)]


def _without_model(trainer: Trainer) -> Any:
    light: Any = copy(trainer)
    set_seed(light.args.seed)
    light.model_init = InitialModel(light.call_model_init().cpu())
    light.model = light.model_wrapped = None
    light.optimizer = light.lr_scheduler = None
    # `train` creates a new accelerator; this one refers to every data loader of this process.
    light.accelerator = light.gather_function = None
    light.train_dataset = light.eval_dataset = None
    light.callback_handler = copy(light.callback_handler)
    handler = light.callback_handler
    handler.callbacks = list(handler.callbacks)
    handler.model = handler.optimizer = handler.lr_scheduler = handler.train_dataloader = handler.eval_dataloader = None
    return light


def _in_memory(dataset: Dataset) -> Dataset:
    return Dataset(dataset.with_format("arrow")[:]) if isinstance(dataset, Dataset) else dataset
