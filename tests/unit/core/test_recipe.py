"""The notebook's recipe, and which fields of `TrainingArguments` are not a recipe's to set."""

import dataclasses

import pytest
from transformers import TrainingArguments

from pytest_glue.config.training_fields import training_fields
from pytest_glue.core.recipe import HOUSEKEEPING, NOTEBOOK, RESERVED, Recipe, ends_with_best_epoch
from pytest_glue.core.tasks import GLUE

FIELDS = {field.name for field in dataclasses.fields(TrainingArguments)}


@pytest.mark.parametrize("name", [*NOTEBOOK, *HOUSEKEEPING, *RESERVED])
def test_every_name_is_a_field_of_training_arguments(name: str) -> None:
    """The installed transformers knows each field that the recipe sets or withholds."""
    assert name in FIELDS


@pytest.mark.parametrize("name", [*NOTEBOOK, *HOUSEKEEPING])
def test_a_user_may_change_every_value(name: str) -> None:
    """What the notebook sets has the field's type, so that a user's value can stand in its place."""
    value = {**NOTEBOOK, **HOUSEKEEPING}[name]
    assert value == training_fields()[name].check(value)
    assert name not in RESERVED


def test_the_hyperparameters_are_the_notebooks() -> None:
    """5 epochs at 2e-5 in batches of 16 with a weight decay of 0.01, and the best epoch counts."""
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
    """What keeps the output quiet and the disk free sets nothing that the notebook sets."""
    assert set() == NOTEBOOK.keys() & HOUSEKEEPING.keys()


@pytest.mark.parametrize(
    ("recipe", "expected"),
    [
        ({}, True),
        ({"num_train_epochs": 3, "metric_for_best_model": "eval_accuracy"}, True),
        ({"metric_for_best_model": "f1"}, False),
        ({"load_best_model_at_end": False}, False),
        ({"eval_strategy": "steps"}, False),
        ({"save_strategy": "best"}, False),
        ({"eval_on_start": True}, False),
    ],
    ids=str,
)
def test_what_ends_with_the_best_epoch(recipe: Recipe, *, expected: bool) -> None:
    """The notebook's recipe does; one that evaluates, saves, chooses or ends in another way does not."""
    assert expected == ends_with_best_epoch(GLUE["mrpc"], recipe)
