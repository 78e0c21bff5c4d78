"""The default recipe, and fields that a recipe cannot set."""

import dataclasses
from dataclasses import replace

import pytest
from transformers import TrainingArguments

from pytest_glue.config.training_fields import training_fields
from pytest_glue.core.recipe import (
    HOUSEKEEPING,
    NOTEBOOK,
    RESERVED,
    Recipe,
    ends_with_best_epoch,
    full_recipe,
    recipe_notes,
)
from pytest_glue.core.tasks import GLUE, Kind, Task

FIELDS = {field.name for field in dataclasses.fields(TrainingArguments)}


@pytest.mark.parametrize("name", [*NOTEBOOK, *HOUSEKEEPING, *RESERVED])
def test_every_name_is_a_field_of_training_arguments(name: str) -> None:
    """The installed version of transformers has it."""
    assert name in FIELDS


@pytest.mark.parametrize("name", [*NOTEBOOK, *HOUSEKEEPING])
def test_a_user_may_change_every_value(name: str) -> None:
    """Each default has the type of its field, and a recipe can set the field."""
    value = {**NOTEBOOK, **HOUSEKEEPING}[name]
    assert value == training_fields()[name].check(value)
    assert name not in RESERVED


def test_the_default_hyperparameters() -> None:
    """5 epochs at 2e-5 in batches of 16 with a weight decay of 0.01; the best epoch counts."""
    assert {
        "eval_strategy": "epoch",
        "save_strategy": "epoch",
        "learning_rate": 2e-5,
        "per_device_train_batch_size": 16,
        "per_device_eval_batch_size": 16,
        "num_train_epochs": 5,
        "weight_decay": 0.01,
        "load_best_model_at_end": True,
    } == dict(NOTEBOOK)


def test_housekeeping_touches_no_hyperparameter() -> None:
    """They concern output and disk space."""
    assert set() == NOTEBOOK.keys() & HOUSEKEEPING.keys()


@pytest.mark.parametrize(
    ("task", "cause"),
    [
        (GLUE["stsb"], "a regression has no class labels to smooth"),
        (
            replace(GLUE["rte"], kind=Kind.MULTI_LABEL),
            "a multi-label task is not about one label, which can be smoothed",
        ),
    ],
    ids=["regression", "multi_label"],
)
def test_labels_that_cannot_be_smoothed(task: Task, cause: str) -> None:
    """The task is trained without it, and a note says so."""
    recipe: Recipe = {"label_smoothing_factor": 0.1}
    assert "label_smoothing_factor" not in full_recipe(task, recipe)
    assert (f"trained without label_smoothing_factor: {cause}",) == recipe_notes(task, recipe)


@pytest.mark.parametrize(
    ("recipe", "expected"),
    [
        ({}, True),
        ({"num_train_epochs": 3, "metric_for_best_model": "eval_accuracy"}, True),
        ({"metric_for_best_model": "f1"}, False),
        ({"greater_is_better": False}, False),
        ({"load_best_model_at_end": False}, False),
        ({"eval_strategy": "steps"}, False),
        ({"save_strategy": "best"}, False),
        ({"eval_on_start": True}, False),
    ],
    ids=str,
)
def test_whether_a_run_ends_with_the_best_epoch(recipe: Recipe, *, expected: bool) -> None:
    """A recipe that evaluates, saves or selects in another way does not."""
    assert expected == ends_with_best_epoch(GLUE["mrpc"], recipe)


@pytest.mark.parametrize(
    ("metrics", "recipe", "expected"),
    [
        (("mse", "pearson"), {}, False),
        (("pearson", "mse"), {}, True),
        (("pearson", "mse"), {"metric_for_best_model": "eval_mse"}, False),
        (("pearson", "mse"), {"metric_for_best_model": "loss"}, False),
        (("mse", "pearson"), {"greater_is_better": True}, True),
    ],
)
def test_the_metric_says_which_epoch_is_best(metrics: tuple[str, ...], recipe: Recipe, *, expected: bool) -> None:
    """The epoch with the lowest error is the best one, unless the recipe says otherwise."""
    task = dataclasses.replace(GLUE["stsb"], metrics=metrics)
    assert expected is full_recipe(task, recipe)["greater_is_better"]
    assert (metrics[0] == "mse" and not expected) is ends_with_best_epoch(task, recipe) or metrics[0] == "pearson"
