"""The recipe: the fixed hyperparameters of a fine-tuning, as fields of `transformers.TrainingArguments`."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from pytest_glue.core.metrics import METRICS
from pytest_glue.core.secrets import SECRET_FIELDS
from pytest_glue.core.tasks import Kind, Task

RecipeValue = bool | int | float | str | None | list[Any] | dict[str, Any]
Recipe = Mapping[str, RecipeValue]

NOTEBOOK: Recipe = MappingProxyType(
    {
        "eval_strategy": "epoch",
        "save_strategy": "epoch",
        "learning_rate": 2e-5,
        "per_device_train_batch_size": 16,
        "per_device_eval_batch_size": 16,
        "num_train_epochs": 5,
        "weight_decay": 0.01,
        "load_best_model_at_end": True,
    }
)
"""The default recipe; `full_recipe` adds the headline metric of the task."""

HOUSEKEEPING: Recipe = MappingProxyType(
    {
        "report_to": "none",
        "disable_tqdm": True,
        "logging_strategy": "epoch",
        "save_only_model": True,
        "save_total_limit": 1,
    }
)
"""Settings that change no score: no experiment tracker, no progress bar, one loss for each epoch, and only the best
epoch on disk."""

RESERVED: Mapping[str, str] = MappingProxyType(
    {
        "seed": "use --glue-seeds",
        "do_train": "every run trains",
        "do_eval": "every run is evaluated",
        "do_predict": "every run is evaluated",
        "prediction_loss_only": "every run is scored by its predictions",
        "batch_eval_metrics": "metrics are computed from all predictions at once",
        "eval_do_concat_batches": "metrics are computed from all predictions at once",
        "label_names": "the task names its label column",
    }
)
"""Fields that the plugin sets, and what to do instead."""

WITHOUT_EFFECT = frozenset(
    {
        *("report_to", "disable_tqdm", "run_name", "project", "log_level", "log_level_replica", "log_on_each_node"),
        *("logging_strategy", "logging_steps", "logging_first_step", "logging_nan_inf_filter", "skip_memory_metrics"),
        *("save_only_model", "save_total_limit", "save_on_each_node", "save_safetensors", "push_to_hub"),
        *("dataloader_num_workers", "dataloader_pin_memory", "dataloader_persistent_workers"),
        *("dataloader_prefetch_factor", "per_device_eval_batch_size", "eval_accumulation_steps"),
        *("hub_model_id", "hub_strategy", "hub_private_repo", "hub_always_push", "hub_revision", *SECRET_FIELDS),
    }
)
"""Fields that change no score: recipes that differ in no other field are equal."""

LASTING = ("output_dir", "push_to_hub", "resume_from_checkpoint")
"""Fields with an effect beyond the score, which a cached run cannot have."""


def full_recipe(task: Task, recipe: Recipe) -> Recipe:
    """Return the default recipe of a task, updated with the fields that the user sets and that it can use."""
    full = {**HOUSEKEEPING, **NOTEBOOK, "metric_for_best_model": task.headline_metric, **recipe}
    if full.get("greater_is_better") is None:
        chooses = str(full["metric_for_best_model"] or "loss").removeprefix("eval_")
        known = METRICS.get(chooses)
        full["greater_is_better"] = known.greater_is_better if known else not chooses.endswith("loss")
    return {name: value for name, value in full.items() if name not in _left_out(task, recipe)}


def recipe_notes(task: Task, recipe: Recipe) -> tuple[str, ...]:
    """Return a note for each field of the user's recipe that a task cannot use."""
    return tuple(f"trained without {name}: {reason}" for name, reason in _left_out(task, recipe).items())


def _left_out(task: Task, recipe: Recipe) -> Mapping[str, str]:
    """Return the fields that a task cannot use, with the reason."""
    if not recipe.get("label_smoothing_factor") or task.kind is Kind.CLASSIFICATION:
        return {}
    labels = "has no class labels to smooth" if task.is_regression else "is not about one label, which can be smoothed"
    return {"label_smoothing_factor": f"a {'regression' if task.is_regression else 'multi-label task'} {labels}"}


def ends_with_best_epoch(task: Task, recipe: Recipe) -> bool:
    """Return whether a run evaluates each epoch, and ends with the best one by the headline metric."""
    full = full_recipe(task, recipe)
    by_epoch = full["eval_strategy"] == full["save_strategy"] == "epoch" and not full.get("eval_on_start")
    by_headline = str(full["metric_for_best_model"]).removeprefix("eval_") == task.headline_metric
    is_best = full["greater_is_better"] == METRICS[task.headline_metric].greater_is_better
    return by_epoch and bool(full["load_best_model_at_end"]) and by_headline and is_best


def lasting(recipe: Recipe) -> list[str]:
    """Return the fields of the user's recipe that have an effect beyond the score."""
    return [name for name in LASTING if recipe.get(name) not in (None, False, "none", [], ["none"])]
