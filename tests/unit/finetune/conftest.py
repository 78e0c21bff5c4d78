"""Small checkpoints, made on the spot, and a cache of each test's own."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import datasets
import pytest
from transformers import PretrainedConfig, PreTrainedModel, PreTrainedTokenizerBase

from pytest_glue.checkpoints import Checkpoint
from pytest_glue.finetune.pretrained import Pretrained, resolve
from pytest_glue.finetune.tokenization import load_tokenizer


@pytest.fixture(autouse=True)
def encoded_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where this test's encoded data is kept."""
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "datasets")
    return tmp_path / "datasets" / "pytest-glue"


@pytest.fixture(scope="session")
def sample() -> Pretrained:
    """The sample checkpoint."""
    return resolve(Checkpoint.parse("sample"))


@pytest.fixture(scope="session")
def sample_tokenizer(sample: Pretrained) -> PreTrainedTokenizerBase:
    """The sample checkpoint's tokenizer, which tests leave as it is."""
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
