"""Every field of `TrainingArguments` with wrong and extreme values: a result or an error, and no state left behind."""

import gc
import os
import random
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from datasets import Dataset, DatasetDict
from transformers import BertConfig, BertForSequenceClassification, TrainerCallback

from pytest_glue.config.training_fields import Field, find_field, training_fields
from pytest_glue.core.errors import FineTuningError, OptionError
from pytest_glue.core.recipe import RESERVED, RecipeValue
from pytest_glue.core.tasks import GLUE
from pytest_glue.training.arguments import training_arguments
from pytest_glue.training.fine_tune import EncodedData, fine_tune, make_trainer
from pytest_glue.training.metrics import LabelMapping, compute_metrics
from pytest_glue.training.process_state import preserved_state
from pytest_glue.training.tokenization import encode

COLA = GLUE["cola"]
SIZE: dict[str, Any] = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 1, "intermediate_size": 8}
RECIPE = {"num_train_epochs": 1, "per_device_train_batch_size": 4}
NUMBERS: list[RecipeValue] = [-1, 0, 1, 10**6, 10**20, 0.5, 1e-300, 1e300]
FEWER: dict[str, list[RecipeValue]] = {
    "dataloader_num_workers": [-1, 10**6, 1],
    "torch_compile": [],
    "torch_compile_backend": [""],
    "torch_compile_mode": [],
}
"""Fields that start processes, or a compiler that takes minutes."""
Train = Callable[..., object]


def values_of(field: Field) -> Iterator[RecipeValue]:
    """Yield each choice of a field, and values of each of its types."""
    if field.name in FEWER:
        yield from FEWER[field.name]
        return
    yield from field.choices
    if "bool" in field.types:
        yield from (True, False)
    if field.types & {"int", "float"}:
        yield from NUMBERS
    if "str" in field.types:
        yield from ("", "no-such-value", "a\0b")
    if "list" in field.types:
        yield from ([], ["no-such-value"], [1])
    if "dict" in field.types:
        yield from ({}, {"no_such_key": 1}, "{broken")


class OneStep(TrainerCallback):
    """Ends a training after its first step."""

    def on_step_end(self, *given: Any, **_: Any) -> None:
        given[2].should_training_stop = True


@pytest.fixture(scope="module")
def train(tmp_path_factory: pytest.TempPathFactory, sample_tokenizer: Any) -> Iterator[Train]:
    """Make one training step with a recipe on eight sentences, and evaluate."""
    split = Dataset.from_dict({"sentence": ["a a", "z"] * 4, "label": [1, 0] * 4})
    encoded = encode(DatasetDict({"train": split, "validation": split}), COLA, sample_tokenizer, 16, (0, 1))
    new_model = partial(BertForSequenceClassification, BertConfig(vocab_size=len(sample_tokenizer), **SIZE))
    data, compute = EncodedData(encoded, sample_tokenizer), compute_metrics(COLA, (0, 1))
    folder = tmp_path_factory.mktemp("run")
    gc.collect()
    gc.freeze()  # `Trainer` collects garbage after each training, which takes most of the time otherwise

    def run(name: str, value: RecipeValue) -> None:
        recipe = {**RECIPE, name: find_field(name).check(value)}
        arguments = training_arguments(COLA, recipe, 42, folder, temporary=True)
        trainer = make_trainer(COLA, new_model, arguments, data, compute)
        trainer.add_callback(OneStep())
        predictions = fine_tune(trainer, LabelMapping(COLA, (0, 1)), 42).predictions
        assert 8 == len(predictions)

    yield run
    gc.unfreeze()


@pytest.mark.parametrize("name", [name for name in training_fields() if name not in RESERVED])
def test_a_field(train: Train, name: str) -> None:
    for value in values_of(training_fields()[name]):
        before, message = state(), ""
        with preserved_state():
            try:
                train(name, value)
            except (OptionError, FineTuningError) as error:
                message = str(error)
        assert "\n" not in message
        assert before == state(), value


def state() -> dict[str, object]:
    """Return what a training can change in this process."""
    return {
        "environment": {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"},
        "random": (random.getstate(), str(np.random.get_state()), torch.random.get_rng_state().tolist()),  # noqa: NPY002
        "deterministic": torch.are_deterministic_algorithms_enabled(),
    }
