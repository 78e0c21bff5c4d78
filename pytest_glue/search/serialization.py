"""An objective on its way to another process or machine: everything it needs, in memory."""

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
    """A `model_init` that needs no files: the model as the seed of the search makes it."""

    model: Any

    def __call__(self, trial: Any = None) -> Any:  # noqa: ARG002 - the protocol of `model_init`
        """Return the model anew."""
        return deepcopy(self.model)


def travelling(objective: Objective) -> Objective:
    """Return a copy that can be pickled, with model and data in it instead of paths on this machine."""
    with silence_libraries():
        return replace(
            objective,
            trainer=_without_model(objective.trainer),
            train_dataset=_in_memory(objective.train_dataset),
            eval_dataset=_in_memory(objective.eval_dataset),
        )


def arrived(objective: Objective) -> Objective:
    """Make an objective at home where it was unpickled: on the device that this process was given."""
    objective.trainer.args.__dict__.pop("__cached__setup_devices", None)
    return objective


def user_modules(trainer: Trainer, root: Path) -> list[Any]:
    """Return the modules of the user's tests that define parts of the trainer: no other process could import them."""
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
    # Made anew where it arrives; this process's knows every data loader that was ever used here.
    light.accelerator = light.gather_function = None
    light.train_dataset = light.eval_dataset = None
    light.callback_handler = copy(light.callback_handler)
    handler = light.callback_handler
    handler.callbacks = list(handler.callbacks)
    handler.model = handler.optimizer = handler.lr_scheduler = handler.train_dataloader = handler.eval_dataloader = None
    return light


def _in_memory(dataset: Dataset) -> Dataset:
    return Dataset(dataset.with_format("arrow")[:]) if isinstance(dataset, Dataset) else dataset
