"""The predictions of a model as it is equal those of `Trainer.predict`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from datasets import Dataset, DatasetDict
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    DistilBertConfig,
    DistilBertForSequenceClassification,
    PreTrainedTokenizerBase,
    Trainer,
    TrainingArguments,
)

from pytest_glue.core.choices import Batching
from pytest_glue.core.tasks import GLUE
from pytest_glue.training.predict import Predictor
from pytest_glue.training.tokenization import encode

COLA = GLUE["cola"]
SMALL: dict[str, Any] = {
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 16,
    "initializer_range": 0.1,
}


@pytest.fixture
def examples(sample_tokenizer: PreTrainedTokenizerBase) -> Dataset:
    """Forty sentences of different lengths, in no order."""
    lengths = np.random.default_rng(1).integers(1, 30, 40)
    words = [["the", "a", "z"][length % 3] for length in lengths]
    sentences = [" ".join([word] * length) for word, length in zip(words, lengths, strict=True)]
    split = Dataset.from_dict({"sentence": sentences, "label": [0, 1] * 20})
    return encode(DatasetDict({"validation": split}), COLA.untrained, sample_tokenizer, 24, (0, 1))["validation"]


def bert(vocabulary: int, **changes: Any) -> Callable[[], Any]:
    """Return a function that makes the same model each time."""

    def make() -> Any:
        torch.manual_seed(3)
        return BertForSequenceClassification(BertConfig(vocab_size=vocabulary, **SMALL, **changes))

    return make


def distilbert(vocabulary: int) -> Callable[[], Any]:
    """Return a function that makes a model without token types."""

    def make() -> Any:
        torch.manual_seed(4)
        config = DistilBertConfig(
            vocab_size=vocabulary, dim=16, hidden_dim=16, n_layers=2, n_heads=2, initializer_range=0.1
        )
        return DistilBertForSequenceClassification(config)

    return make


class Wrapped(torch.nn.Module):
    """A user's own class around a model, which returns a tuple."""

    def __init__(self, inner: Any) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, input_ids: Any, attention_mask: Any, labels: Any = None) -> Any:
        logits = self.inner(input_ids=input_ids, attention_mask=attention_mask).logits
        return (logits,) if labels is None else (torch.nn.functional.cross_entropy(logits, labels), logits)


def of_trainer(model: Any, examples: Dataset, tokenizer: Any, folder: Path) -> Any:
    """Return the logits that `Trainer.predict` gives."""
    arguments = TrainingArguments(str(folder), report_to="none", disable_tqdm=True, use_cpu=True)
    return Trainer(model, arguments, processing_class=tokenizer).predict(examples).predictions


@pytest.mark.parametrize("batching", Batching)
@pytest.mark.parametrize("kind", ["bert", "five-labels", "regression", "distilbert", "wrapped"])
def test_the_logits_are_those_of_a_trainer(
    kind: str, batching: Batching, examples: Dataset, sample_tokenizer: PreTrainedTokenizerBase, tmp_path: Path
) -> None:
    """In the order of the examples, whatever the layout of batches, also for a class of the user's own."""
    size = len(sample_tokenizer)
    makers: dict[str, Callable[[], Any]] = {
        "bert": bert(size),
        "five-labels": bert(size, num_labels=5),
        "regression": bert(size, num_labels=1),
        "distilbert": distilbert(size),
        "wrapped": lambda: Wrapped(bert(size)()),
    }
    make = makers[kind]
    predictor = Predictor(make, sample_tokenizer, batching)

    found = predictor.logits(examples)

    assert np.float32 == found.dtype
    assert found == pytest.approx(of_trainer(make(), examples, sample_tokenizer, tmp_path), abs=1e-6)
    assert found.std() > 1e-4
    (note,) = predictor.notes
    assert note.startswith("batching: ")
    assert note.startswith("batching: plain") == (kind == "wrapped" or batching is Batching.PLAIN)


def test_nothing_but_predictions_comes_of_it(examples: Dataset, sample_tokenizer: PreTrainedTokenizerBase) -> None:
    """Dropout is off, no gradients are kept, and random states stay as they are."""
    predictor = Predictor(bert(len(sample_tokenizer), hidden_dropout_prob=0.5), sample_tokenizer)
    before = torch.random.get_rng_state()
    assert np.array_equal(predictor.logits(examples), predictor.logits(examples))
    assert torch.equal(before, torch.random.get_rng_state())
    assert all(parameter.grad is None for parameter in predictor.model.parameters())
