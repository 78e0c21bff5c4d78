"""The `TrainingArguments` of a run: from a recipe, changed for a trial, and back to a recipe."""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import MISSING, Field, dataclass, field, fields
from math import isfinite
from pathlib import Path
from typing import Any

from transformers import Trainer, TrainingArguments

from pytest_glue.core.errors import OptionError
from pytest_glue.core.recipe import HOUSEKEEPING, NOTEBOOK, Recipe, RecipeValue, full_recipe
from pytest_glue.core.secrets import mask_fields
from pytest_glue.core.study import Hyperparameters
from pytest_glue.core.tasks import Task

_NOT_HYPERPARAMETERS = frozenset(
    {
        *("seed", "output_dir", "temporary_dir", "logging_dir", "run_name", "local_rank", "hub_token"),
        *("push_to_hub_token", "accelerator_config", "fsdp_config", "include_num_input_tokens_seen"),
    }
)
_FLOATS = frozenset({"adam_beta1", "adam_beta2"})
"""Fields whose values torch does not accept as integers."""


@dataclass
class GlueTrainingArguments(TrainingArguments):
    """`TrainingArguments` with the name of a temporary folder, in which checkpoints are of no use."""

    temporary_dir: str = field(default="", metadata={"help": "A folder that is deleted after the run."})


def training_arguments(
    task: Task, recipe: Recipe, seed: int, output_dir: Path, *, temporary: bool = False
) -> GlueTrainingArguments:
    """Return the arguments of a run.

    Args:
        task: its headline metric chooses the best epoch.
        recipe: values that differ from the default recipe.
        seed: of the head's initialization, dropout and the order of the data.
        output_dir: folder of the checkpoints. The recipe's `output_dir` is not used.
        temporary: whether that folder is deleted after the run.

    Raises:
        OptionError: transformers does not accept this combination of values.
    """
    values: dict[str, Any] = {
        **full_recipe(task, recipe),
        "seed": seed,
        "output_dir": str(output_dir),
        "temporary_dir": str(output_dir) if temporary else "",
    }
    for name in values.keys() & _FLOATS:
        values[name] = float(values[name])
    try:
        return GlueTrainingArguments(**values)
    except Exception as error:  # it passes values to libraries, which raise anything
        cause = f"{type(error).__name__}: {' '.join(str(error).split())}"
        raise OptionError(f"TrainingArguments does not accept the recipe {mask_fields(recipe)}: {cause}") from error


def used_recipe(arguments: TrainingArguments) -> dict[str, RecipeValue]:
    """Return the hyperparameters of a run that differ from transformers' own defaults, without seed and folders.

    NaN and infinity are text: reports and baselines are JSON, and NaN would not equal itself in a comparison.
    """
    # The defaults come from the class: a second instance would reset accelerate's state under the trainer.
    defaults = {each.name: _default(each) for each in fields(arguments)}
    used: dict[str, Any] = arguments.to_dict()  # type: ignore[no-untyped-call]
    return {
        name: value if not isinstance(value, float) or isfinite(value) else str(value)
        for name, value in used.items()
        if name not in _NOT_HYPERPARAMETERS and value != defaults[name] and (value or defaults[name])
    }


def unusual_fields(arguments: TrainingArguments) -> str:
    """Return what a run's recipe sets beyond the default recipe, for a message; empty if nothing."""
    usual = {*NOTEBOOK, *HOUSEKEEPING, "metric_for_best_model", "greater_is_better", "do_eval"}
    return ", ".join(f"{name}={value!r}" for name, value in used_recipe(arguments).items() if name not in usual)


def _default(each: Field[Any]) -> Any:
    return each.default if each.default_factory is MISSING else each.default_factory()


def set_hyperparameters(trainer: Trainer, values: Hyperparameters) -> None:
    """Set fields of the trainer's arguments, as `Trainer.hyperparameter_search` does for a trial."""
    for name, value in values.items():
        setattr(trainer.args, name, value)
    # The trainer copied the batch size, and its accelerator the gradient accumulation, when they were created.
    trainer._train_batch_size = trainer.args.train_batch_size
    trainer.create_accelerator_and_postprocess()


@contextmanager
def every_example(arguments: TrainingArguments) -> Iterator[None]:
    """Drop no batch inside the context: `dataloader_drop_last` is for the training only."""
    usual, arguments.dataloader_drop_last = arguments.dataloader_drop_last, False
    try:
        yield
    finally:
        arguments.dataloader_drop_last = usual


@contextmanager
def temporarily_set(trainer: Trainer, **attributes: Any) -> Iterator[Trainer]:
    """Give the trainer other attributes and a copy of its arguments inside the context; restore the old ones after."""
    # Not a second TrainingArguments, which would reset accelerate's state under the trainer.
    changed = {**attributes, "args": copy(trainer.args)}
    before = {name: getattr(trainer, name) for name in changed}
    callbacks = list(trainer.callback_handler.callbacks)
    for name, value in changed.items():
        setattr(trainer, name, value)
    try:
        yield trainer
    finally:
        for name, value in before.items():
            setattr(trainer, name, value)
        trainer.callback_handler.callbacks[:] = callbacks
        set_hyperparameters(trainer, {})
