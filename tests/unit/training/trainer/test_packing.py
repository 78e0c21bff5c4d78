"""Packed forward passes: equal to padded ones for supported encoders, rejected for other models."""

from importlib.metadata import version
from typing import Any

import pytest
import torch
from transformers import (
    AutoModelForSequenceClassification,
    BertConfig,
    CamembertConfig,
    DebertaV2Config,
    DistilBertConfig,
    ElectraConfig,
    GPT2Config,
    ModernBertConfig,
    MPNetConfig,
    PreTrainedModel,
    RobertaConfig,
    XLMRobertaConfig,
)

from pytest_glue.core.choices import Batching
from pytest_glue.training.trainer.batch_layout import BatchLayout, ForwardPass
from pytest_glue.training.trainer.equivalence import choose_layout
from pytest_glue.training.trainer.flat_batch import FlatBatch, Padding
from pytest_glue.training.trainer.packing import packed, packed_inputs

SIZE: dict[str, Any] = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
COMMON: dict[str, Any] = {"vocab_size": 50, "pad_token_id": 1, "initializer_range": 0.5, "max_position_embeddings": 12}
NO_DROPOUT: dict[str, Any] = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
DISTILBERT: dict[str, Any] = {"dim": 16, "n_layers": 2, "n_heads": 2, "hidden_dim": 32, "dropout": 0.0}
DISTILBERT |= {"attention_dropout": 0.0, "seq_classif_dropout": 0.0}
ENCODERS = {
    "bert": BertConfig(**SIZE, **COMMON, **NO_DROPOUT),
    "roberta": RobertaConfig(**SIZE, **COMMON, **NO_DROPOUT),
    "camembert": CamembertConfig(**SIZE, **COMMON, **NO_DROPOUT),
    "xlm-roberta": XLMRobertaConfig(**SIZE, **COMMON, **NO_DROPOUT),
    "electra": ElectraConfig(**SIZE, **COMMON, **NO_DROPOUT, embedding_size=8),
    "distilbert": DistilBertConfig(**COMMON, **DISTILBERT),
}
OTHERS = {
    "deberta-v2": DebertaV2Config(**SIZE, **COMMON, relative_attention=True, position_biased_input=False),
    "mpnet": MPNetConfig(**SIZE, **COMMON),
    "modernbert": ModernBertConfig(**SIZE, **COMMON, local_attention=4),
    "gpt2": GPT2Config(vocab_size=50, pad_token_id=1, n_embd=16, n_layer=2, n_head=2, n_positions=12),
}
needs_interface = pytest.mark.skipif(version("transformers") < "5", reason="encoders have attentions of their own")
PADDING = Padding("right", {"input_ids": 1})
LENGTHS = (2, 5, 5, 9)


def examples(*, types: bool = False) -> FlatBatch:
    """Return four examples of three lengths, with or without token types."""
    generator = torch.Generator().manual_seed(3)
    ids = torch.randint(2, 50, (sum(LENGTHS),), generator=generator)
    tokens = {"input_ids": ids} | ({"token_type_ids": ids % 2} if types else {})
    return FlatBatch(tokens, LENGTHS, torch.tensor([0, 1, 1, 0]))


def model_of(config: Any, seed: int = 0) -> PreTrainedModel:
    """Return a new classifier with large weights, so that no logit is near zero."""
    torch.manual_seed(seed)
    model: PreTrainedModel = AutoModelForSequenceClassification.from_config(config)  # type: ignore[no-untyped-call]
    model.train()
    return model


def layout_of(model: PreTrainedModel, asked: Batching = Batching.AUTO) -> BatchLayout:
    """Return the layout that is chosen for the model."""

    def loss(inputs: dict[str, torch.Tensor], _: int) -> tuple[torch.Tensor, Any]:
        output = model(**inputs)
        return output["loss"], output

    return choose_layout(asked, ForwardPass(model, torch.device("cpu"), PADDING, loss), examples())


@needs_interface
@pytest.mark.parametrize("family", ENCODERS)
def test_loss_logits_and_gradients_are_the_padded_ones(family: str) -> None:
    """A packed batch gives each example's logits, and each weight's gradient, as the padded batch does."""
    model, batch = model_of(ENCODERS[family]), examples(types=family in {"bert", "electra"})
    expected = model(**batch.padded(PADDING))
    expected.loss.backward()
    gradients = {name: weight.grad.clone() for name, weight in model.named_parameters() if weight.grad is not None}
    model.zero_grad()
    with packed(model, batch.lengths):
        found = model(**packed_inputs(model, batch))
        found.loss.backward()
    assert torch.allclose(expected.logits, found.logits, atol=1e-5)
    assert expected.logits.std() > 1e-2
    assert set(gradients) == {name for name, weight in model.named_parameters() if weight.grad is not None}
    for name, weight in model.named_parameters():
        if weight.grad is not None:
            assert torch.allclose(gradients[name], weight.grad, atol=1e-5), name
    assert torch.equal(expected.logits, model(**batch.padded(PADDING)).logits)


@needs_interface
@pytest.mark.parametrize("family", ENCODERS)
def test_encoders_with_a_head_on_the_first_token_are_packed(family: str) -> None:
    """Packing is chosen, since their packed forward pass is equal."""
    assert BatchLayout(Batching.PACKED) == layout_of(model_of(ENCODERS[family]))


@pytest.mark.parametrize("family", OTHERS)
def test_other_models_are_not_packed(family: str) -> None:
    """Models with other kinds of attention, or with a head on another token, get micro-batches."""
    layout = layout_of(model_of(OTHERS[family]))
    assert Batching.MICRO is layout.batching
    assert layout.reason
    assert f"batching: micro, since {layout.reason}" == layout.note


@needs_interface
def test_a_model_with_a_head_on_another_token_is_not_packed() -> None:
    """A packed forward pass with other logits is detected."""
    model = model_of(ENCODERS["roberta"])
    classifier: Any = model.classifier
    head = classifier.forward
    classifier.forward = lambda states: head(states.roll(-1, dims=1))
    assert BatchLayout(Batching.MICRO, "a packed forward pass gives other logits") == layout_of(model)


def test_a_loss_that_is_not_a_mean_keeps_batches_plain() -> None:
    """A loss of the batch as a whole is not a sum of parts, so batches stay plain."""
    model = model_of(ENCODERS["bert"])

    def loss(inputs: dict[str, torch.Tensor], _: int) -> tuple[torch.Tensor, Any]:
        output = model(**inputs)
        return output["logits"].sum() ** 2, output

    layout = choose_layout(Batching.AUTO, ForwardPass(model, torch.device("cpu"), PADDING, loss), examples())
    assert BatchLayout(Batching.PLAIN, "the losses of parts do not add up to the batch's") == layout


def test_choosing_changes_nothing() -> None:
    """The random state, and the model's mode, attention and hooks, are unchanged."""
    model = model_of(ENCODERS["bert"])
    state, attention = torch.get_rng_state(), model.config._attn_implementation
    layout_of(model)
    assert torch.equal(state, torch.get_rng_state())
    assert (True, attention) == (model.training, model.config._attn_implementation)
    assert not any(module._forward_pre_hooks or module._forward_hooks for module in model.modules())
