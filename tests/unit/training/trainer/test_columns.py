"""Columns and flat batches: the same inputs as the default collator's, from arrays in memory."""

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
    """Return the columns of rows that can be laid out."""
    columns = TokenizedSplit.of(Dataset.from_dict(rows), ACCEPTED)
    assert isinstance(columns, TokenizedSplit)
    return columns


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("labels", [[1, 0, 1, 0], [0.5, 1.0, 2.5, 3.0]], ids=["classes", "numbers"])
def test_padded_examples_are_the_collators(
    sample_tokenizer: PreTrainedTokenizerBase, monkeypatch: pytest.MonkeyPatch, side: str, labels: list[float]
) -> None:
    """Padding on either side, mask, types of numbers and labels equal what the default collator gives."""
    monkeypatch.setattr(sample_tokenizer, "padding_side", side)
    split = Dataset.from_dict(ROWS | {"label": labels})
    shortest_first = [split[place] for place in (1, 3, 2, 0)]
    expected = DataCollatorWithPadding(sample_tokenizer)(shortest_first)
    padded = columns_of(ROWS | {"label": labels}).flat([0, 1, 2, 3]).padded(Padding.of(sample_tokenizer))
    assert set(expected) == set(padded)
    for name, values in expected.items():
        assert values.dtype == padded[name].dtype
        assert torch.equal(values, padded[name])


def test_a_batch_is_a_flat_one_on_its_way(sample_tokenizer: PreTrainedTokenizerBase) -> None:
    """What the loader hands to the trainer holds the same examples, tokens and labels."""
    columns = columns_of(ROWS)
    flat, back = columns.flat([2, 0]), FlatBatch.of(columns.batch([2, 0]))
    assert ((2, 3), [9, 10, 5, 6, 7], [1, 1]) == (back.lengths, back.tokens["input_ids"].tolist(), back.labels.tolist())
    assert flat.lengths == back.lengths
    assert [[5, 6, 7]] == [back.part(slice(1, 2)).tokens["input_ids"].tolist()]


def test_rows_that_were_selected_are_the_ones() -> None:
    """A subset of a split, as a search takes it, gives its own examples and no others."""
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
def test_what_cannot_be_laid_end_to_end_says_why(rows: dict[str, list[Any]], reason: str) -> None:
    """A split of another form is left to the trainer, with the reason."""
    assert reason == TokenizedSplit.of(Dataset.from_dict(rows), ACCEPTED)
