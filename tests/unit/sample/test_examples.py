"""The sample data: the hub's schema, and always the same."""

from __future__ import annotations

import hashlib
import json
import os
import random
import subprocess
import sys
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from pytest_glue.sample.examples import sample_dataset
from pytest_glue.sample.language import words

if TYPE_CHECKING:
    import datasets

PAIR = ["sentence1", "sentence2"]
# The features of nyu-mll/glue; None is a similarity.
SCHEMAS: dict[str, tuple[list[str], list[str] | None]] = {
    "cola": (["sentence"], ["unacceptable", "acceptable"]),
    "mnli": (["premise", "hypothesis"], ["entailment", "neutral", "contradiction"]),
    "mrpc": (PAIR, ["not_equivalent", "equivalent"]),
    "qnli": (["question", "sentence"], ["entailment", "not_entailment"]),
    "qqp": (["question1", "question2"], ["not_duplicate", "duplicate"]),
    "rte": (PAIR, ["entailment", "not_entailment"]),
    "sst2": (["sentence"], ["negative", "positive"]),
    "stsb": (PAIR, None),
    "wnli": (PAIR, ["not_entailment", "entailment"]),
}
SPLITS = ["train", "validation", "test"]
MNLI_SPLITS = ["train", "validation_matched", "validation_mismatched", "test_matched", "test_mismatched"]
HASH_SEED_CHECK = """
import hashlib, json
from pytest_glue.sample.examples import sample_dataset
print(hashlib.sha256(json.dumps([list(split) for split in sample_dataset("rte").values()]).encode()).hexdigest())
"""


def digest(dataset: datasets.DatasetDict) -> str:
    """Return the SHA-256 of all examples of all splits."""
    return hashlib.sha256(json.dumps([list(split) for split in dataset.values()]).encode()).hexdigest()


@pytest.mark.parametrize("configuration", SCHEMAS)
def test_splits_columns_and_features_are_the_hubs(configuration: str) -> None:
    """Each configuration has the splits, columns and features of `nyu-mll/glue`, in the same order."""
    import datasets

    keys, names = SCHEMAS[configuration]
    label = datasets.ClassLabel(names=names) if names else datasets.Value("float32")
    features = {**dict.fromkeys(keys, datasets.Value("string")), "label": label, "idx": datasets.Value("int32")}
    data = sample_dataset(configuration)
    assert (MNLI_SPLITS if configuration == "mnli" else SPLITS) == list(data)
    for split in data.values():
        assert list(features) == split.column_names
        assert features == dict(split.features)
        assert list(range(len(split))) == split["idx"][:]


@pytest.mark.parametrize("configuration", SCHEMAS)
def test_labels_of_each_split(configuration: str) -> None:
    """Labelled splits have all labels, or similarities from 0 to 5; test splits have -1, except in `mrpc`."""
    _, names = SCHEMAS[configuration]
    for name, split in sample_dataset(configuration).items():
        labels = set(split["label"][:])
        if name.startswith("test") and configuration != "mrpc":
            assert {-1} == labels
        elif names:
            assert set(range(len(names))) == labels
        else:
            assert (0.0, 5.0) == (min(labels), max(labels))


@pytest.mark.parametrize("configuration", SCHEMAS)
def test_no_example_has_an_empty_text_and_lengths_vary(configuration: str) -> None:
    """No text is empty, and the longest is at least a third longer than the shortest."""
    keys, _ = SCHEMAS[configuration]
    train = sample_dataset(configuration)["train"]
    lengths = [sum(len(example[key].split()) for key in keys) for example in train]
    assert all(example[key].strip() for example in train for key in keys)
    assert 4 * min(lengths) <= 3 * max(lengths)


def test_label_frequencies() -> None:
    """`cola`, `mrpc` and `qqp` are as imbalanced as in GLUE, within 0.1."""
    for configuration, share in (("cola", 0.7), ("mrpc", 0.67), ("qqp", 0.37)):
        labels = Counter(sample_dataset(configuration)["train"]["label"][:])
        assert pytest.approx(share, abs=0.1) == labels[1] / labels.total()


def test_the_mismatched_split_has_rare_words() -> None:
    """Rare words occur in the mismatched split and not in training."""
    data = sample_dataset("mnli")
    seen, mismatched = (
        {word for text in data[split]["premise"] for word in text.split()}
        for split in ("train", "validation_mismatched")
    )
    unfamiliar = {word.text for word in words() if not word.familiar}
    assert unfamiliar & mismatched
    assert not unfamiliar & seen


def test_the_data_is_always_the_same() -> None:
    """The examples do not depend on the global random state."""
    random.seed(1)
    first = digest(sample_dataset("rte"))
    random.seed(2)
    assert first == digest(sample_dataset("rte"))


def test_the_hash_seed_of_the_process_does_not_matter() -> None:
    """Another process with another PYTHONHASHSEED generates the same examples."""
    environment = {**os.environ, "PYTHONHASHSEED": "7"}
    command = [sys.executable, "-c", HASH_SEED_CHECK]
    process = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    assert digest(sample_dataset("rte")) == process.stdout.strip()


def test_an_unknown_configuration() -> None:
    """The message lists all configurations; `mnli-mm` is a task, not a configuration."""
    with pytest.raises(ValueError, match=r"'mnli-mm'.*cola, mnli, mrpc, qnli, qqp, rte, sst2, stsb, wnli"):
        sample_dataset("mnli-mm")


def test_each_word_is_unique() -> None:
    """No word has two meanings, since the checkpoint has one embedding for each."""
    texts = [word.text for word in words()]
    assert not [text for text, count in Counter(texts).items() if count > 1]
