"""Models with a head for the task, created by the real classes."""

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerBase, set_seed

from pytest_glue.core.errors import CheckpointError
from pytest_glue.core.tasks import GLUE
from pytest_glue.training.model import model_init
from pytest_glue.training.model_config import label_ids, load_config, task_config
from pytest_glue.training.pretrained import Pretrained

Save = Callable[..., Pretrained]
SIZE: dict[str, Any] = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}


def init(pretrained: Pretrained, task: str, tokenizer: PreTrainedTokenizerBase) -> Callable[[], Any]:
    """Return the function that creates the checkpoint's model for the task."""
    return model_init(pretrained, GLUE[task], tokenizer)


def classifier(*names: str) -> Any:
    """Return a tiny classifier with these labels."""
    return BertForSequenceClassification(BertConfig(id2label=dict(enumerate(names)), vocab_size=32, **SIZE))


@pytest.mark.parametrize("task", ["cola", "mnli", "stsb"])
def test_the_head_is_as_wide_as_the_task(
    sample: Pretrained, sample_tokenizer: PreTrainedTokenizerBase, task: str
) -> None:
    """An encoder gets a head with one output for each label, or one output for a regression."""
    model = init(sample, task, sample_tokenizer)()
    assert GLUE[task].num_labels == model.classifier.out_features
    assert (None, torch.float32) == (model.config.problem_type, model.dtype)


def test_labels_have_the_tasks_names(sample: Pretrained, sample_tokenizer: PreTrainedTokenizerBase) -> None:
    """The configuration of a new head has the task's labels in the task's order."""
    config = task_config(sample, GLUE["rte"], sample_tokenizer)
    assert {0: "entailment", 1: "not_entailment"} == config.id2label
    assert {"entailment": 0, "not_entailment": 1} == config.label2id


def test_the_seed_makes_the_head(sample: Pretrained, sample_tokenizer: PreTrainedTokenizerBase) -> None:
    """The same seed gives the same weights; another seed gives another head on the same encoder."""
    make = init(sample, "rte", sample_tokenizer)

    def weights(seed: int) -> tuple[torch.Tensor, torch.Tensor]:
        set_seed(seed)
        model = make()
        return model.classifier.weight, model.bert.embeddings.word_embeddings.weight

    (first, encoder), (again, _), (other, same) = weights(1), weights(1), weights(2)
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert torch.equal(encoder, same)


def test_a_head_for_the_task_is_kept_with_its_order(saved: Save, sample_tokenizer: PreTrainedTokenizerBase) -> None:
    """A checkpoint with another order of labels keeps its head and its label names."""
    trained = classifier("not_entailment", "entailment")
    pretrained = saved(trained)
    model = init(pretrained, "rte", sample_tokenizer)()
    assert torch.equal(trained.classifier.weight, model.classifier.weight)
    assert {0: "not_entailment", 1: "entailment"} == model.config.id2label
    assert (1, 0) == label_ids(pretrained, GLUE["rte"])


@pytest.mark.parametrize("task", ["mnli", "stsb"])
def test_a_head_of_another_width_is_replaced(saved: Save, sample_tokenizer: PreTrainedTokenizerBase, task: str) -> None:
    """A head for another number of labels is replaced; the encoder stays."""
    trained = classifier("negative", "positive")
    model = init(saved(trained), task, sample_tokenizer)()
    assert GLUE[task].num_labels == model.classifier.out_features
    assert torch.equal(trained.bert.pooler.dense.weight, model.bert.pooler.dense.weight)


def test_half_precision_weights_are_trained_in_full(saved: Save, sample_tokenizer: PreTrainedTokenizerBase) -> None:
    """A checkpoint that was saved for inference is fine-tuned in single precision."""
    pretrained = saved(classifier("entailment", "not_entailment").half())
    assert torch.float32 == init(pretrained, "rte", sample_tokenizer)().dtype


def test_padding_is_the_tokenizers_where_the_model_has_none(
    saved: Save, sample_tokenizer: PreTrainedTokenizerBase
) -> None:
    """A decoder's configuration without a padding id gets the tokenizer's, which batches need."""
    model = classifier("entailment", "not_entailment")
    model.config.pad_token_id = None
    assert sample_tokenizer.pad_token_id == task_config(saved(model), GLUE["rte"], sample_tokenizer).pad_token_id


def test_labels_that_do_not_fit_are_refused_before_any_weight_is_read(
    saved: Save, sample_tokenizer: PreTrainedTokenizerBase
) -> None:
    """A classifier with other labels is rejected by `model_init`, with its name and both lists."""
    pretrained = saved(classifier("negative", "positive"))
    with pytest.raises(CheckpointError) as caught:
        init(pretrained, "rte", sample_tokenizer)
    assert "checkpoint has a head for the labels ['negative', 'positive'], and rte has" in str(caught.value)


@pytest.mark.parametrize("content", ["{", '{"model_type": "no-such-model"}', "{}"], ids=["no-json", "unknown", "empty"])
def test_a_broken_configuration_is_named(saved: Save, content: str) -> None:
    """An unreadable config.json raises an error with the checkpoint's name and the cause."""
    pretrained = saved(classifier("a", "b"))
    (pretrained.folder / "config.json").write_text(content, encoding="utf-8")
    with pytest.raises(CheckpointError, match=r"^config\.json of checkpoint cannot be read: ."):
        load_config(pretrained)


@pytest.mark.parametrize("damage", ["truncated", "other shapes"])
def test_damaged_weights_are_named(saved: Save, sample_tokenizer: PreTrainedTokenizerBase, damage: str) -> None:
    """Weights that cannot be loaded raise an error with the checkpoint's name."""
    pretrained = saved(classifier("entailment", "not_entailment"))
    weights, file = pretrained.folder / "model.safetensors", pretrained.folder / "config.json"
    if damage == "truncated":
        weights.write_bytes(weights.read_bytes()[:1000])
    else:
        file.write_text(json.dumps({**json.loads(file.read_text("utf-8")), "hidden_size": 32}), encoding="utf-8")
    make = init(pretrained, "rte", sample_tokenizer)
    expected = {
        "truncated": r"^checkpoint cannot be loaded as a sequence classifier: \w+Error: .",
        "other shapes": "^the weights of checkpoint do not fit: the file has another shape for 22 of the enc",
    }
    with pytest.raises(CheckpointError, match=expected[damage]):
        make()


@pytest.mark.parametrize(("vocabulary", "expected"), [(8, None), (1000, 900)])
def test_a_padding_id_beyond_the_embeddings_is_not_taken(saved: Save, vocabulary: int, expected: int | None) -> None:
    """An added padding token without an embedding stays out of the model, whose trainer then names it."""
    model = BertForSequenceClassification(BertConfig(vocab_size=vocabulary, **SIZE))
    model.config.pad_token_id = None
    tokenizer: Any = SimpleNamespace(pad_token_id=900)
    assert expected == task_config(saved(model), GLUE["rte"], tokenizer).pad_token_id
