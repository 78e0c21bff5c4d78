"""Tokens and token types beyond a model's embeddings."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from datasets import Dataset
from transformers import BertConfig, BertModel, CanineConfig, CanineModel, DistilBertConfig, DistilBertModel

from pytest_glue.core.errors import CheckpointError
from pytest_glue.core.tasks import GLUE
from pytest_glue.training.fine_tune import EncodedData, make_trainer
from pytest_glue.training.metrics import compute_metrics
from pytest_glue.training.token_ranges import check_token_ids, vocabulary_notes

SIZE: dict[str, Any] = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}


class Tokenizer:
    """A tokenizer with this many tokens."""

    def __init__(self, size: int, pad_token_id: int | None = 0) -> None:
        self.size, self.pad_token_id = size, pad_token_id

    def __len__(self) -> int:
        return self.size

    def convert_ids_to_tokens(self, index: int) -> str:
        return f"token{index}"


def bert(vocabulary: int = 32, types: int = 2) -> BertModel:
    return BertModel(BertConfig(**SIZE, vocab_size=vocabulary, type_vocab_size=types))


def split(*highest: int, **columns: Any) -> Dataset:
    """Return examples whose highest tokens are these, and one without a token."""
    return Dataset.from_dict({"input_ids": [[1, token] for token in highest] + [[]], **columns})


@pytest.mark.parametrize(
    ("model", "splits", "padding", "message"),
    [
        (bert(), [split(31), split(3)], 0, ""),
        (bert(), [split(3), split(32)], 0, "token id 32 ('token32') in the data, and the model has 32 embeddings"),
        (
            bert(),
            [split(3)],
            32,
            "token id 32 ('token32') as padding, and the model has 32 embeddings (vocab_size): run",
        ),
        (bert(), [split(3)], None, "the tokenizer has no padding token: set its pad_token"),
        (bert(types=1), [split(3, token_type_ids=[[0, 1], []])], 0, "gives token type 1, and the model has 1 (type_v"),
        (bert(types=2), [split(3, token_type_ids=[[0, 1], []])], 0, ""),
        (
            DistilBertModel(DistilBertConfig(dim=16, n_heads=2, n_layers=1, hidden_dim=16, vocab_size=32)),
            [split(40)],
            0,
            "32 e",
        ),
        (CanineModel(CanineConfig(**SIZE)), [split(100_000)], 0, ""),
        (torch.nn.Linear(1, 1), [split(100)], 0, ""),
        (bert(), [Dataset.from_dict({"input_ids": ["text"]}), None, split()], 0, ""),
    ],
)
def test_what_lies_beyond_the_embeddings(model: Any, splits: list[Any], padding: int | None, message: str) -> None:
    """It is an error before the training. A model without a table of tokens takes all."""
    if not message:
        check_token_ids(model, Tokenizer(32, padding), splits)
        return
    with pytest.raises(CheckpointError) as caught:
        check_token_ids(model, Tokenizer(32, padding), splits)
    assert message in str(caught.value)


@pytest.mark.parametrize(("tokens", "noted"), [(32, False), (29, False), (28, True), (1, True), (40, False)])
def test_a_vocabulary_that_may_be_cut_off(tokens: int, *, noted: bool) -> None:
    """A tokenizer with far fewer tokens than the model has embeddings is noted."""
    notes = vocabulary_notes(bert(), Tokenizer(tokens))
    assert noted is bool(notes)
    if noted:
        assert f"the tokenizer has {tokens} tokens, and the model 32 embeddings: is the vocabulary complete?" in notes


def test_before_the_first_step(tiny_trainer: Callable[..., Any], sample_tokenizer: Any) -> None:
    """The trainer of an item is not made if a rare token of either split has no embedding."""
    plain = tiny_trainer()
    data = EncodedData({"train": plain.train_dataset, "validation": plain.eval_dataset}, sample_tokenizer)
    small = BertConfig(**SIZE, vocab_size=8)

    def make() -> Any:
        from transformers import BertForSequenceClassification

        return BertForSequenceClassification(small)

    with pytest.raises(CheckpointError, match="and the model has 8 embeddings"):
        make_trainer(GLUE["cola"], make, plain.args, data, compute_metrics(GLUE["cola"], (0, 1)))
