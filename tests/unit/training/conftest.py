"""Fixtures: small checkpoints and trainers, and an empty cache for each test."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import datasets
import pytest
from datasets import Dataset, DatasetDict
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    PretrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
    Trainer,
)

from pytest_glue.core.checkpoints import Checkpoint
from pytest_glue.core.choices import Batching
from pytest_glue.core.tasks import GLUE
from pytest_glue.training.arguments import training_arguments
from pytest_glue.training.fine_tune import EncodedData, make_trainer
from pytest_glue.training.metrics import compute_metrics
from pytest_glue.training.pretrained import Pretrained, resolve
from pytest_glue.training.tokenization import encode
from pytest_glue.training.tokenizer import load_tokenizer

COLA = GLUE["cola"]
LABELS = [1, 0, 1, 0, 1, 1, 0, 0]
SIZE: dict[str, Any] = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
LEARNS_FAST: dict[str, Any] = {"initializer_range": 0.3, "hidden_dropout_prob": 0, "attention_probs_dropout_prob": 0}


@pytest.fixture(autouse=True)
def encoded_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of this test's encoded data."""
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "datasets")
    return tmp_path / "datasets" / "pytest-glue"


@pytest.fixture(scope="session")
def sample() -> Pretrained:
    """The sample checkpoint."""
    return resolve(Checkpoint.parse("sample"))


@pytest.fixture(scope="session")
def sample_tokenizer(sample: Pretrained) -> PreTrainedTokenizerBase:
    """The sample checkpoint's tokenizer. Tests must not change it."""
    return load_tokenizer(sample)


@pytest.fixture
def saved(tmp_path: Path, sample_tokenizer: PreTrainedTokenizerBase) -> Callable[..., Pretrained]:
    """Save a model, or a configuration alone, with the sample's tokenizer or another one, as a checkpoint."""

    def save(model: PreTrainedModel | PretrainedConfig, tokenizer: Any = sample_tokenizer) -> Pretrained:
        folder = tmp_path / "checkpoint"
        tokenizer.save_pretrained(folder)
        model.save_pretrained(folder)
        return Pretrained(Checkpoint.parse(str(folder)), folder)

    return save


@pytest.fixture
def tiny_trainer(tmp_path: Path, sample_tokenizer: PreTrainedTokenizerBase) -> Callable[..., Trainer]:
    """Make a trainer of a tiny new model on eight sentences: two epochs of four steps."""
    split = Dataset.from_dict({"sentence": ["a a" if label else "z" for label in LABELS], "label": LABELS})
    encoded = encode(DatasetDict({"train": split, "validation": split}), COLA, sample_tokenizer, 16, (0, 1))

    def make(batching: Batching = Batching.AUTO, **recipe: Any) -> Trainer:
        recipe = {"per_device_train_batch_size": 2, "num_train_epochs": 2, "learning_rate": 0.003, **recipe}
        arguments = training_arguments(COLA, recipe, seed=42, output_dir=tmp_path / "run")
        config = BertConfig(vocab_size=len(sample_tokenizer), **SIZE, **LEARNS_FAST)
        compute = compute_metrics(COLA, (0, 1))
        new_model = partial(BertForSequenceClassification, config)
        return make_trainer(COLA, new_model, arguments, EncodedData(encoded, sample_tokenizer), compute, batching)

    return make
