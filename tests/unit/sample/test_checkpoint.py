"""The sample checkpoint: small, always the same, loadable, and able to learn the sample's tasks."""

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
    """The folder of the checkpoint."""
    folder = tmp_path_factory.mktemp("sample") / "checkpoint"
    write_sample_checkpoint(folder)
    return folder


@pytest.fixture(scope="module")
def tokenizer(checkpoint: Path) -> Any:
    """The tokenizer, loaded as users load it."""
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(checkpoint)


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Use one thread: for matrices as small as these, several threads are slower on a busy machine."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def encoded(dataset: datasets.Dataset, tokenizer: Any) -> datasets.Dataset:
    """Return the dataset with the model's input columns."""
    keys = [name for name in dataset.column_names if name not in {"label", "idx"}]
    return dataset.map(lambda batch: tokenizer(*(batch[key] for key in keys), truncation=True), batched=True)


def accuracy(output: Any) -> dict[str, float]:
    """Return the accuracy, as `compute_metrics` does."""
    return {"accuracy": float((output.predictions.argmax(-1) == output.label_ids).mean())}


def test_the_files_are_always_the_same(checkpoint: Path, tmp_path: Path) -> None:
    """Two calls write the same files with the same bytes."""
    write_sample_checkpoint(tmp_path)
    assert FILES == sorted(file.name for file in tmp_path.iterdir())
    assert {file: (checkpoint / file).read_bytes() for file in FILES} == {
        file: (tmp_path / file).read_bytes() for file in FILES
    }


def test_it_is_small(checkpoint: Path) -> None:
    """All files together have less than 2 MB."""
    assert sum(file.stat().st_size for file in checkpoint.iterdir()) < 2_000_000


def test_global_random_states_do_not_change(tmp_path: Path) -> None:
    """Data and checkpoint are generated without Python's, NumPy's and torch's global random generators."""
    import numpy as np
    import torch

    def states() -> tuple[object, str, bytes]:
        return random.getstate(), str(np.random.get_state()), torch.get_rng_state().numpy().tobytes()  # noqa: NPY002

    before = states()
    write_sample_checkpoint(tmp_path)
    sample_dataset("wnli")
    assert before == states()


def test_only_the_classifier_is_missing(checkpoint: Path) -> None:
    """A classifier takes all weights except those of its new head from the checkpoint."""
    from transformers import AutoModelForSequenceClassification

    _, info = AutoModelForSequenceClassification.from_pretrained(checkpoint, num_labels=3, output_loading_info=True)
    assert {"classifier.weight", "classifier.bias"} == set(info["missing_keys"])
    assert not info["unexpected_keys"]
    assert not info["mismatched_keys"]


def test_a_new_head_is_not_saturated(checkpoint: Path, tokenizer: Any) -> None:
    """Before fine-tuning, no probability is above 0.95, so the loss has a gradient."""
    import torch
    from transformers import AutoModelForSequenceClassification, set_seed

    set_seed(42)
    model = AutoModelForSequenceClassification.from_pretrained(checkpoint, num_labels=2).eval()
    data = sample_dataset("rte")["validation"]
    with torch.no_grad():
        logits = model(**tokenizer(data["sentence1"][:32], data["sentence2"][:32], padding=True, return_tensors="pt"))
    assert float(logits.logits.softmax(-1).max()) < 0.95


def test_a_pair_has_two_segments(tokenizer: Any) -> None:
    """A pair is encoded as BERT does it: [CLS] first [SEP] second [SEP], in segments 0 and 1."""
    encoding = tokenizer("the cook", "a chef")
    assert ["[CLS]", "the", "cook", "[SEP]", "a", "chef", "[SEP]"] == tokenizer.convert_ids_to_tokens(
        encoding["input_ids"]
    )
    assert [0, 0, 0, 0, 1, 1, 1] == encoding["token_type_ids"]


def test_any_english_text_has_tokens(tokenizer: Any) -> None:
    """Other words are spelt in pieces, without accents and capitals, and no token is unknown."""
    ids = tokenizer("Pytest-GLUE's café: 42% of $7 (or \"so\"), isn't it?! #x_y")["input_ids"]
    assert tokenizer.unk_token_id not in ids


@pytest.mark.parametrize("configuration", ["cola", "mnli", "mrpc", "qnli", "qqp", "rte", "sst2", "stsb", "wnli"])
def test_the_tokenizer_knows_all_words_of_the_sample(configuration: str, tokenizer: Any) -> None:
    """No word of the sample's data is split into pieces."""
    known = {word.text for word in vocabulary()}
    train = sample_dataset(configuration)["train"]
    keys = [name for name in train.column_names if name not in {"label", "idx"}]
    assert set() == {word for key in keys for text in train[key] for word in text.split()} - known


@pytest.mark.usefixtures("one_thread")
def test_fine_tuning_learns(checkpoint: Path, tokenizer: Any, tmp_path: Path) -> None:
    """Three epochs of `sst2` with a learning rate of 2e-5 give an accuracy far above the chance level."""
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
