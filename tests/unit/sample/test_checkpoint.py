"""The sample's checkpoint: small, always the same, loadable, and able to learn the sample's tasks."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest

from pytest_glue.sample.checkpoint import vocabulary, write_sample_checkpoint
from pytest_glue.sample.examples import sample_dataset

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import datasets

FILES = ["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"]


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a checkpoint."""
    folder = tmp_path_factory.mktemp("sample") / "checkpoint"
    write_sample_checkpoint(folder)
    return folder


@pytest.fixture(scope="module")
def tokenizer(checkpoint: Path) -> Any:
    """Its tokenizer, as a user loads it."""
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(checkpoint)


@pytest.fixture
def one_thread() -> Iterator[None]:
    """For products as small as these, threads that wait for each other on a busy machine cost more than they bring."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def encoded(dataset: datasets.Dataset, tokenizer: Any) -> datasets.Dataset:
    """The dataset with the columns that the model takes."""
    keys = [name for name in dataset.column_names if name not in {"label", "idx"}]
    return dataset.map(lambda batch: tokenizer(*(batch[key] for key in keys), truncation=True), batched=True)


def accuracy(made: Any) -> dict[str, float]:
    """The share of right predictions, as `compute_metrics` returns it."""
    return {"accuracy": float((made.predictions.argmax(-1) == made.label_ids).mean())}


def test_two_makings_are_identical_to_the_byte(checkpoint: Path, tmp_path: Path) -> None:
    """The same files with the same bytes come out each time."""
    write_sample_checkpoint(tmp_path)
    assert FILES == sorted(file.name for file in tmp_path.iterdir())
    assert {file: (checkpoint / file).read_bytes() for file in FILES} == {
        file: (tmp_path / file).read_bytes() for file in FILES
    }


def test_it_is_small(checkpoint: Path) -> None:
    """All files together are below 2 MB."""
    assert sum(file.stat().st_size for file in checkpoint.iterdir()) < 2_000_000


def test_no_global_source_of_chance_is_touched(tmp_path: Path) -> None:
    """Making data and checkpoint leaves the states of Python's, NumPy's and torch's generators as they were."""
    import numpy as np
    import torch

    def states() -> tuple[object, str, bytes]:
        return random.getstate(), str(np.random.get_state()), torch.get_rng_state().numpy().tobytes()  # noqa: NPY002

    before = states()
    write_sample_checkpoint(tmp_path)
    sample_dataset("wnli")
    assert before == states()


def test_only_the_classifier_is_missing(checkpoint: Path) -> None:
    """Loaded for classification, every weight but the new head's comes from the checkpoint, and none is left over."""
    from transformers import AutoModelForSequenceClassification

    _, info = AutoModelForSequenceClassification.from_pretrained(checkpoint, num_labels=3, output_loading_info=True)
    assert {"classifier.weight", "classifier.bias"} == set(info["missing_keys"])
    assert not info["unexpected_keys"]
    assert not info["mismatched_keys"]


def test_a_fresh_head_is_not_sure_of_anything(checkpoint: Path, tokenizer: Any) -> None:
    """Before fine-tuning, no class has a probability beyond 0.95: the loss has a gradient."""
    import torch
    from transformers import AutoModelForSequenceClassification, set_seed

    set_seed(42)
    model = AutoModelForSequenceClassification.from_pretrained(checkpoint, num_labels=2).eval()
    data = sample_dataset("rte")["validation"]
    with torch.no_grad():
        logits = model(**tokenizer(data["sentence1"][:32], data["sentence2"][:32], padding=True, return_tensors="pt"))
    assert float(logits.logits.softmax(-1).max()) < 0.95


def test_pairs_are_told_apart_by_their_segments(tokenizer: Any) -> None:
    """A pair is encoded as BERT does it: [CLS] first [SEP] second [SEP], in segments 0 and 1."""
    made = tokenizer("the cook", "a chef")
    assert ["[CLS]", "the", "cook", "[SEP]", "a", "chef", "[SEP]"] == tokenizer.convert_ids_to_tokens(made["input_ids"])
    assert [0, 0, 0, 0, 1, 1, 1] == made["token_type_ids"]


def test_any_english_text_has_tokens(tokenizer: Any) -> None:
    """Words outside the language are spelt in pieces, accents and capitals fall away, and nothing is unknown."""
    ids = tokenizer("Pytest-GLUE's café: 42% of $7 (or \"so\"), isn't it?! #x_y")["input_ids"]
    assert tokenizer.unk_token_id not in ids


@pytest.mark.parametrize("configuration", ["cola", "mnli", "mrpc", "qnli", "qqp", "rte", "sst2", "stsb", "wnli"])
def test_the_sample_is_written_in_words_that_the_tokenizer_knows(configuration: str, tokenizer: Any) -> None:
    """No word of the sample's data is split into pieces."""
    known = {word.text for word in vocabulary()}
    train = sample_dataset(configuration)["train"]
    keys = [name for name in train.column_names if name not in {"label", "idx"}]
    assert set() == {word for key in keys for text in train[key] for word in text.split()} - known


@pytest.mark.usefixtures("one_thread")
def test_fine_tuning_learns(checkpoint: Path, tokenizer: Any, tmp_path: Path) -> None:
    """Three epochs of `sst2` at a learning rate of 2e-5 lead to an accuracy far beyond the majority's."""
    from transformers import AutoModelForSequenceClassification, Trainer, TrainingArguments

    data = sample_dataset("sst2")
    arguments = TrainingArguments(
        output_dir=str(tmp_path),
        learning_rate=2e-5,
        per_device_train_batch_size=16,
        per_device_eval_batch_size=64,
        num_train_epochs=3,
        weight_decay=0.01,
        seed=42,
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
        use_cpu=True,
    )
    trainer = Trainer(
        model_init=lambda: AutoModelForSequenceClassification.from_pretrained(checkpoint, num_labels=2),
        args=arguments,
        train_dataset=encoded(data["train"], tokenizer),
        eval_dataset=encoded(data["validation"], tokenizer),
        processing_class=tokenizer,
        compute_metrics=accuracy,
    )
    trainer.train()
    assert trainer.evaluate()["eval_accuracy"] > 0.8
