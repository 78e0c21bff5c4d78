"""A recipe as the `TrainingArguments` of a run."""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import Any

from transformers import Trainer, TrainingArguments

from pytest_glue.core.errors import OptionError
from pytest_glue.core.recipe import Recipe, RecipeValue, full_recipe
from pytest_glue.core.study import Hyperparameters
from pytest_glue.core.tasks import Task


def training_arguments(task: Task, recipe: Recipe, seed: int, output_dir: Path) -> TrainingArguments:
    """Return the arguments of a run.

    Args:
        task: its headline metric chooses the best epoch.
        recipe: what differs from the notebook's.
        seed: of the head's initialisation, dropout and the order of the data.
        output_dir: where the trainer keeps the best epoch; the recipe's own is a matter for whoever calls.

    Raises:
        OptionError: transformers does not accept the values together.
    """
    values: dict[str, Any] = {
        **full_recipe(task, recipe),
        "seed": seed,
        "output_dir": str(output_dir),
        "greater_is_better": True,
    }
    try:
        return TrainingArguments(**values)
    except (ValueError, TypeError, ImportError) as error:
        message = f"TrainingArguments does not accept the recipe {dict(recipe)}: {error}"
        raise OptionError(message) from error


def used_recipe(arguments: TrainingArguments) -> dict[str, RecipeValue]:
    """Return the hyperparameters of a run that differ from transformers' own defaults, without seed and places."""
    # The defaults are read off the class: making a second instance would reset accelerate's state under the trainer.
    defaults = {field.name: _default(field) for field in fields(TrainingArguments)}
    used: dict[str, Any] = arguments.to_dict()  # type: ignore[no-untyped-call]
    return {
        name: value
        for name, value in used.items()
        if name not in _NO_HYPERPARAMETERS and value != defaults[name] and (value or defaults[name])
    }


_NO_HYPERPARAMETERS = frozenset({"seed", "output_dir", "logging_dir", "run_name", "local_rank", "hub_token"})


_NO_HYPERPARAMETERS |= {"push_to_hub_token", "accelerator_config", "fsdp_config", "include_num_input_tokens_seen"}


def _default(field: Field[Any]) -> Any:
    return field.default if field.default_factory is MISSING else field.default_factory()


def set_hyperparameters(trainer: Trainer, values: Hyperparameters) -> None:
    """Set fields of the trainer's `TrainingArguments`, as `Trainer.hyperparameter_search` does for a trial.

    The batch size is copied by the trainer, and gradient accumulation by its accelerator, when they are made.
    """
    for name, value in values.items():
        setattr(trainer.args, name, value)
    trainer._train_batch_size = trainer.args.train_batch_size
    trainer.create_accelerator_and_postprocess()


@contextmanager
def temporarily_set(trainer: Trainer, **attributes: Any) -> Iterator[Trainer]:
    """Lend a trainer with other attributes and a copy of its arguments; what was there before is restored."""
    # Not a second TrainingArguments, which would reset accelerate's state under the living trainer.
    lent = {**attributes, "args": copy(trainer.args)}
    before = {name: getattr(trainer, name) for name in lent}
    callbacks = list(trainer.callback_handler.callbacks)
    for name, value in lent.items():
        setattr(trainer, name, value)
    try:
        yield trainer
    finally:
        for name, value in before.items():
            setattr(trainer, name, value)
        trainer.callback_handler.callbacks[:] = callbacks
        set_hyperparameters(trainer, {})
