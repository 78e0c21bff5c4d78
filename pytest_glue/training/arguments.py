"""A recipe as the `TrainingArguments` of a run."""

from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import Any

from transformers import TrainingArguments

from pytest_glue.core.errors import OptionError
from pytest_glue.core.recipe import Recipe, RecipeValue, full_recipe
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
