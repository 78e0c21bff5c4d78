"""Encoding of a task's splits for a model."""

from typing import Any

import pytest
from datasets import Dataset, DatasetDict
from transformers import PreTrainedTokenizerBase

from pytest_glue.core.errors import CheckpointError
from pytest_glue.core.tasks import GLUE
from pytest_glue.training.tokenization import encode

TokenizedSplit = dict[str, list[Any]]
PAIRS: TokenizedSplit = {
    "sentence1": ["a b c d", "a"],
    "sentence2": ["b a", "c d e f g"],
    "label": [0, 1],
    "idx": [0, 1],
}
COLA: TokenizedSplit = {"sentence": ["a b", "c d"], "label": [0, 1]}


def data(columns: TokenizedSplit) -> DatasetDict:
    """Return splits with these examples."""
    return DatasetDict({name: Dataset.from_dict(columns) for name in ("train", "validation", "test")})


def test_a_pair_is_encoded_as_the_tokenizer_does(sample_tokenizer: PreTrainedTokenizerBase) -> None:
    """Both sentences are encoded together, without padding."""
    encoded = encode(data(PAIRS), GLUE["rte"], sample_tokenizer, 32, (0, 1))["train"]
    expected = sample_tokenizer(PAIRS["sentence1"], PAIRS["sentence2"])
    assert expected["input_ids"] == encoded["input_ids"][:]
    assert expected["token_type_ids"] == encoded["token_type_ids"][:]


def test_a_single_sentence_is_encoded_alone(sample_tokenizer: PreTrainedTokenizerBase) -> None:
    """A single sentence becomes one input, and only the model's columns are left."""
    encoded = encode(data(COLA), GLUE["cola"], sample_tokenizer, 32, (0, 1))["validation"]
    assert sample_tokenizer(COLA["sentence"])["input_ids"] == encoded["input_ids"][:]
    assert {"input_ids", "token_type_ids", "attention_mask", "label"} == set(encoded.column_names)


def test_only_what_is_used_is_encoded(sample_tokenizer: PreTrainedTokenizerBase) -> None:
    """The test split has no labels and is not encoded."""
    assert ["train", "validation"] == list(encode(data(COLA), GLUE["cola"], sample_tokenizer, 32, (0, 1)))


def test_long_pairs_are_truncated(sample_tokenizer: PreTrainedTokenizerBase) -> None:
    """No input is longer than the limit, with special tokens, and both sentences of a pair keep some tokens."""
    encoded = encode(data(PAIRS), GLUE["rte"], sample_tokenizer, 5, (0, 1))["train"]
    assert [5, 5] == [len(ids) for ids in encoded["input_ids"]]
    assert [[0, 0, 0, 1, 1], [0, 0, 0, 1, 1]] == encoded["token_type_ids"][:]


def test_a_tokenizer_that_fails(sample_tokenizer: PreTrainedTokenizerBase) -> None:
    """A failure of the tokenizer is an error that names it, and not an exception of a library."""
    from tokenizers import Tokenizer, models
    from transformers import PreTrainedTokenizerFast

    fast: Any = PreTrainedTokenizerFast
    broken = fast(tokenizer_object=Tokenizer(models.WordPiece({"a": 0})))
    with pytest.raises(CheckpointError, match=r"cannot encode the text of cola: Exception: WordPiece error: Missing"):
        encode(data(COLA), GLUE["cola"], broken, 32, (0, 1))


@pytest.mark.parametrize(
    ("task", "columns", "label_ids", "expected"),
    [
        ("rte", PAIRS, (0, 1), [0, 1]),
        ("rte", PAIRS, (1, 0), [1, 0]),
        ("stsb", {**PAIRS, "label": [2.5, 0.0]}, (), [2.5, 0.0]),
    ],
    ids=["same-order", "other-order", "regression"],
)
def test_labels_are_the_models(
    sample_tokenizer: PreTrainedTokenizerBase,
    task: str,
    columns: TokenizedSplit,
    label_ids: tuple[int, ...],
    expected: list[Any],
) -> None:
    """A label becomes the model's label id; a number of a regression stays."""
    assert expected == encode(data(columns), GLUE[task], sample_tokenizer, 32, label_ids)["train"]["label"][:]
