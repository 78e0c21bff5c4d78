"""A recipe as the `TrainingArguments` of a run."""

from pathlib import Path
from typing import Any

from transformers import TrainingArguments

from pytest_glue.errors import OptionError
from pytest_glue.recipe import HOUSEKEEPING, NOTEBOOK, Recipe, RecipeValue
from pytest_glue.tasks import Task


def full_recipe(task: Task, recipe: Recipe) -> Recipe:
    """Return the notebook's recipe for the task with the user's on top."""
    return {**HOUSEKEEPING, **NOTEBOOK, "metric_for_best_model": task.headline_metric, **recipe}


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
    fields: dict[str, Any] = {
        **full_recipe(task, recipe),
        "seed": seed,
        "output_dir": str(output_dir),
        "greater_is_better": True,
    }
    try:
        return TrainingArguments(**fields)
    except (ValueError, TypeError, ImportError) as error:
        message = f"TrainingArguments does not accept the recipe {dict(recipe)}: {error}"
        raise OptionError(message) from error


def used_recipe(arguments: TrainingArguments) -> dict[str, RecipeValue]:
    """Return the hyperparameters of a run that differ from transformers' own defaults, without seed and folders."""
    default = _plain(TrainingArguments(output_dir=arguments.output_dir))
    used = {name: value for name, value in _plain(arguments).items() if value != default[name]}
    return {
        name: value for name, value in used.items() if name not in {"seed", "output_dir", "logging_dir", "run_name"}
    }


def _plain(arguments: TrainingArguments) -> dict[str, Any]:
    fields: dict[str, Any] = arguments.to_dict()  # type: ignore[no-untyped-call]
    return fields
