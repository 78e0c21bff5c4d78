"""The sample's data: the hub's form, always the same, learnable but not perfectly."""

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
# As in the features of nyu-mll/glue; None is a similarity.
FORMS: dict[str, tuple[list[str], list[str] | None]] = {
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
    """One text for all examples of all splits."""
    return hashlib.sha256(json.dumps([list(split) for split in dataset.values()]).encode()).hexdigest()


@pytest.mark.parametrize("configuration", FORMS)
def test_splits_columns_and_features_are_the_hubs(configuration: str) -> None:
    """Each configuration has the splits, the columns in their order and the features of `nyu-mll/glue`."""
    import datasets

    keys, names = FORMS[configuration]
    label = datasets.ClassLabel(names=names) if names else datasets.Value("float32")
    features = {**dict.fromkeys(keys, datasets.Value("string")), "label": label, "idx": datasets.Value("int32")}
    made = sample_dataset(configuration)
    assert (MNLI_SPLITS if configuration == "mnli" else SPLITS) == list(made)
    for split in made.values():
        assert list(features) == split.column_names
        assert features == dict(split.features)
        assert list(range(len(split))) == split["idx"][:]


@pytest.mark.parametrize("configuration", FORMS)
def test_every_label_occurs_and_only_mrpc_tells_those_of_its_test_split(configuration: str) -> None:
    """Labelled splits hold all labels, or similarities from 0 to 5; test splits hold -1, but for `mrpc`."""
    _, names = FORMS[configuration]
    for name, split in sample_dataset(configuration).items():
        labels = set(split["label"][:])
        if name.startswith("test") and configuration != "mrpc":
            assert {-1} == labels
        elif names:
            assert set(range(len(names))) == labels
        else:
            assert (0.0, 5.0) == (min(labels), max(labels))


@pytest.mark.parametrize("configuration", FORMS)
def test_no_example_has_an_empty_text_and_lengths_vary(configuration: str) -> None:
    """Texts are there, and the longest is at least a third longer than the shortest."""
    keys, _ = FORMS[configuration]
    train = sample_dataset(configuration)["train"]
    lengths = [sum(len(example[key].split()) for key in keys) for example in train]
    assert all(example[key].strip() for example in train for key in keys)
    assert 4 * min(lengths) <= 3 * max(lengths)


def test_no_label_is_much_rarer_than_in_glue() -> None:
    """`cola`, `mrpc` and `qqp` are as lopsided as the real ones, to a tenth."""
    for configuration, share in (("cola", 0.7), ("mrpc", 0.67), ("qqp", 0.37)):
        labels = Counter(sample_dataset(configuration)["train"]["label"][:])
        assert pytest.approx(share, abs=0.1) == labels[1] / labels.total()


def test_mismatched_is_about_other_things_than_matched() -> None:
    """A noun of the mismatched split never occurs in training."""
    made = sample_dataset("mnli")
    seen, mismatched = (
        {word for text in made[split]["premise"] for word in text.split()}
        for split in ("train", "validation_mismatched")
    )
    unfamiliar = {word.text for word in words() if not word.familiar}
    assert unfamiliar & mismatched
    assert not unfamiliar & seen


def test_two_makings_are_the_same() -> None:
    """The examples do not depend on the state of the global source of chance."""
    random.seed(1)
    first = digest(sample_dataset("rte"))
    random.seed(2)
    assert first == digest(sample_dataset("rte"))


def test_the_hash_seed_of_the_process_does_not_matter() -> None:
    """Another process with another PYTHONHASHSEED makes the same examples."""
    environment = {**os.environ, "PYTHONHASHSEED": "7"}
    command = [sys.executable, "-c", HASH_SEED_CHECK]
    made = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    assert digest(sample_dataset("rte")) == made.stdout.strip()


def test_an_unknown_configuration_is_refused_with_those_that_exist() -> None:
    """The message names what was asked for and what there is; `mnli-mm` is a task, not a configuration."""
    with pytest.raises(ValueError, match=r"'mnli-mm'.*cola, mnli, mrpc, qnli, qqp, rte, sst2, stsb, wnli"):
        sample_dataset("mnli-mm")


def test_each_word_of_the_language_stands_once() -> None:
    """No text has two meanings, so that the checkpoint can give each one embedding."""
    texts = [word.text for word in words()]
    assert not [text for text, count in Counter(texts).items() if count > 1]
