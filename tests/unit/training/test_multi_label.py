"""Multi-label tasks: the loss, the scores and the batches of a plain `Trainer`."""

from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from datasets import Dataset, DatasetDict
from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerBase, Trainer

from pytest_glue.core.choices import Batching
from pytest_glue.core.tasks import Kind, Task
from pytest_glue.training.arguments import training_arguments
from pytest_glue.training.fine_tune import EncodedData, fine_tune, make_trainer
from pytest_glue.training.label_sets import label_numbers, to_numbers, to_vector
from pytest_glue.training.library_state import silence_libraries
from pytest_glue.training.metrics import LabelMapping, compute_metrics
from pytest_glue.training.model import model_init
from pytest_glue.training.pretrained import Pretrained
from pytest_glue.training.tokenization import encode

TASK = Task("topics", "topics", ("text",), ("a", "b", "c"), ("accuracy",), kind=Kind.MULTI_LABEL)
IDS = (2, 0, 1)
"""The model's order differs from the task's."""
SIZE: dict[str, Any] = {
    "num_labels": 3,
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 64,
}
NO_DROPOUT: dict[str, Any] = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
RECIPE: dict[str, Any] = {"learning_rate": 2e-3, "per_device_train_batch_size": 8, "num_train_epochs": 3}
ROUNDING = 0.0 if version("transformers") >= "5" else 2e-4
WAYS = ("packed", "micro") if version("transformers") >= "5" else ("micro",)
WORDS = ("car", "river", "lamp")

Make = Callable[[str | None], Any]


def test_sets_of_labels_as_vectors() -> None:
    """A vector is in the model's order; its number in the task's."""
    assert [0.0, 1.0, 1.0] == to_vector(0b101, IDS)
    for number in range(8):
        assert [number] == to_numbers([to_vector(number, IDS)], IDS).tolist()


def test_numbers_of_encoded_labels() -> None:
    """Equal sets get equal numbers; class ids stay as they are."""
    assert [2, 3, 2] == label_numbers([[0.0, 1.0], [1.0, 1.0], [0.0, 1.0]]).tolist()
    assert [1, 0] == label_numbers([1, 0]).tolist()


def test_predictions_are_labels_above_one_half() -> None:
    """As the sigmoid of each logit says; NaN if a logit is not finite."""
    logits = np.array([[2.0, -1.0, 0.1], [-1.0, -1.0, -1.0], [np.nan, 1.0, 1.0]])
    chosen = 1 / (1 + np.exp(-logits)) > 0.5
    expected = [sum(1 << bit for bit, index in enumerate(IDS) if row[index]) for row in chosen[:2]]
    found = LabelMapping(TASK, IDS).to_predictions(logits).tolist()
    assert expected == found[:2]
    assert np.isnan(found[2])


def data() -> DatasetDict:
    """Return texts of several lengths, whose words tell their labels."""
    numbers = [number % 8 for number in range(56)]
    texts = [
        " ".join(["the"] * (1 + number % 5) + [word for bit, word in enumerate(WORDS) if number >> bit & 1] + ["."])
        for number in numbers
    ]
    split = Dataset.from_dict({"text": texts, "label": numbers})
    return DatasetDict({"train": split, "validation": split.select(range(24))})


@pytest.fixture
def make(tmp_path: Path, sample_tokenizer: PreTrainedTokenizerBase) -> Make:
    """Make a trainer of a small new model; `batching` None is a plain `Trainer`."""
    encoded = encode(data(), TASK, sample_tokenizer, 32, IDS)

    def new_model() -> BertForSequenceClassification:
        config = BertConfig(vocab_size=len(sample_tokenizer), **SIZE, **NO_DROPOUT)
        config.problem_type = "multi_label_classification"
        return BertForSequenceClassification(config)

    def trainer_of(batching: str | None) -> Trainer:
        recipe = {**RECIPE, "logging_strategy": "steps", "logging_steps": 1}
        arguments = training_arguments(TASK, recipe, 42, tmp_path / "run", temporary=True)
        compute = compute_metrics(TASK, IDS)
        if batching:
            pair = EncodedData(encoded, sample_tokenizer)
            return make_trainer(TASK, new_model, arguments, pair, compute, Batching(batching))
        return Trainer(
            model_init=new_model,
            args=arguments,
            train_dataset=encoded["train"],
            eval_dataset=encoded["validation"],
            processing_class=sample_tokenizer,
            compute_metrics=compute,
        )

    return trainer_of


def logged(trainer: Any, key: str) -> list[float]:
    return [entry[key] for entry in trainer.state.log_history if key in entry]


@pytest.mark.parametrize("batching", [*WAYS, "plain"])
def test_the_trajectory_is_a_plain_trainers(make: Make, batching: str) -> None:
    """Losses of all updates, and losses and scores of each evaluation, equal a plain `Trainer`'s."""
    usual, ours = make(None), make(batching)
    if batching == "micro":
        ours.micro_batches.fixed_cost = 0.0  # parts cost nothing: as many as there are lengths
    with silence_libraries():
        usual.train()
    run = fine_tune(ours, LabelMapping(TASK, IDS), seed=42)
    assert f"batching: {batching}" in ours.notes
    assert pytest.approx(logged(usual, "loss"), rel=1e-4, abs=ROUNDING) == logged(ours, "loss")
    assert pytest.approx(logged(usual, "eval_loss"), rel=1e-4) == logged(ours, "eval_loss")
    assert logged(usual, "eval_accuracy") == logged(ours, "eval_accuracy")
    assert max(logged(usual, "eval_accuracy")) == run.metrics["accuracy"]
    with silence_libraries():
        output = usual.predict(usual.eval_dataset)
    sets = torch.sigmoid(torch.tensor(output.predictions)) > 0.5
    assert [sum(1 << bit for bit, index in enumerate(IDS) if row[index]) for row in sets] == list(run.predictions)


def test_the_model_learns_each_label_by_itself(sample: Pretrained, sample_tokenizer: PreTrainedTokenizerBase) -> None:
    """Its configuration says so, and has the names of the labels."""
    config = model_init(sample, TASK, sample_tokenizer)().config
    assert ("multi_label_classification", {0: "a", 1: "b", 2: "c"}) == (config.problem_type, config.id2label)
