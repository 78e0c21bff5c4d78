"""Tokenized splits and flat batches: the inputs of the default collator, from arrays in memory."""

from typing import Any

import pytest
import torch
from datasets import Dataset
from transformers import DataCollatorWithPadding, PreTrainedTokenizerBase

from pytest_glue.training.trainer.flat_batch import FlatBatch, Padding, TokenizedSplit

ACCEPTED = ("input_ids", "token_type_ids", "attention_mask", "label", "labels", "pixels")
ROWS: dict[str, list[Any]] = {
    "input_ids": [[5, 6, 7], [8], [9, 10], [11]],
    "token_type_ids": [[0, 1, 1], [0], [0, 1], [0]],
    "attention_mask": [[1, 1, 1], [1], [1, 1], [1]],
    "label": [1, 0, 1, 0],
}


def columns_of(rows: dict[str, list[Any]]) -> TokenizedSplit:
    """Return the tokenized split of these rows."""
    columns = TokenizedSplit.of(Dataset.from_dict(rows), ACCEPTED)
    assert isinstance(columns, TokenizedSplit)
    return columns


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("labels", [[1, 0, 1, 0], [0.5, 1.0, 2.5, 3.0]], ids=["classes", "numbers"])
def test_padded_examples_are_the_collators(
    sample_tokenizer: PreTrainedTokenizerBase, monkeypatch: pytest.MonkeyPatch, side: str, labels: list[float]
) -> None:
    """Padding on either side, mask, types and labels equal those of the default collator."""
    monkeypatch.setattr(sample_tokenizer, "padding_side", side)
    split = Dataset.from_dict(ROWS | {"label": labels})
    shortest_first = [split[index] for index in (1, 3, 2, 0)]
    expected = DataCollatorWithPadding(sample_tokenizer)(shortest_first)
    padded = columns_of(ROWS | {"label": labels}).flat([0, 1, 2, 3]).padded(Padding.of(sample_tokenizer))
    assert set(expected) == set(padded)
    for name, values in expected.items():
        assert values.dtype == padded[name].dtype
        assert torch.equal(values, padded[name])


def test_a_batch_survives_its_conversion_to_inputs(sample_tokenizer: PreTrainedTokenizerBase) -> None:
    """A batch survives the conversion to a dictionary and back."""
    columns = columns_of(ROWS)
    flat, back = columns.flat([2, 0]), FlatBatch.of(columns.batch([2, 0]))
    assert ((2, 3), [9, 10, 5, 6, 7], [1, 1]) == (back.lengths, back.tokens["input_ids"].tolist(), back.labels.tolist())
    assert flat.lengths == back.lengths
    assert [[5, 6, 7]] == [back.part(slice(1, 2)).tokens["input_ids"].tolist()]


def test_a_selection_of_rows() -> None:
    """A subset of a split has its own examples only."""
    columns = TokenizedSplit.of(Dataset.from_dict(ROWS).select([3, 0]), ACCEPTED)
    assert isinstance(columns, TokenizedSplit)
    assert ([1, 3], [11, 5, 6, 7]) == (columns.lengths.tolist(), columns.tokens["input_ids"].tolist())


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (ROWS | {"pixels": [1, 2, 3, 4]}, "the columns are attention_mask, input_ids, label, pixels, token_type_ids"),
        (ROWS | {"attention_mask": [[1, 1, 0], [1], [1, 1], [1]]}, "the attention mask hides tokens"),
        (ROWS | {"token_type_ids": [[0, 1], [0], [0, 1], [0]]}, "the columns differ in length"),
        ({"input_ids": [[1]]}, "the columns are input_ids"),
    ],
    ids=["unknown", "hidden", "uneven", "unlabelled"],
)
def test_unsupported_splits_give_a_reason(rows: dict[str, list[Any]], reason: str) -> None:
    """A split that cannot be laid end to end gives the reason."""
    assert reason == TokenizedSplit.of(Dataset.from_dict(rows), ACCEPTED)
