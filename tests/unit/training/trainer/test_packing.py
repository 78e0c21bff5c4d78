"""Packed forward passes: equal to padded ones for supported encoders, rejected for other models."""

from contextlib import nullcontext
from importlib.metadata import version
from typing import Any

import pytest
import torch
from transformers import (
    AlbertConfig,
    AutoModelForSequenceClassification,
    BertConfig,
    CamembertConfig,
    DebertaConfig,
    DebertaV2Config,
    DistilBertConfig,
    ElectraConfig,
    GPT2Config,
    LlamaConfig,
    LongformerConfig,
    MistralConfig,
    ModernBertConfig,
    MPNetConfig,
    PreTrainedModel,
    Qwen2Config,
    Qwen3Config,
    RobertaConfig,
    XLMRobertaConfig,
)

from pytest_glue.core.choices import Batching
from pytest_glue.training.trainer.batch_layout import BatchLayout, ForwardPass
from pytest_glue.training.trainer.equivalence import choose_layout
from pytest_glue.training.trainer.flat_batch import FlatBatch, Padding
from pytest_glue.training.trainer.packing import packed, unpackable
from pytest_glue.training.trainer.pooling import Pooled, Pooling, kept_tokens

SIZE: dict[str, Any] = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
COMMON: dict[str, Any] = {"vocab_size": 50, "pad_token_id": 1, "initializer_range": 0.5, "max_position_embeddings": 12}
NO_DROPOUT: dict[str, Any] = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
DISTILBERT: dict[str, Any] = {"dim": 16, "n_layers": 2, "n_heads": 2, "hidden_dim": 32, "dropout": 0.0}
DISTILBERT |= {"attention_dropout": 0.0, "seq_classif_dropout": 0.0}
DEBERTA: dict[str, Any] = {**SIZE, **COMMON, **NO_DROPOUT, "relative_attention": True, "position_biased_input": False}
DEBERTA |= {"pos_att_type": ["p2c", "c2p"], "pooler_dropout": 0.0}
V3: dict[str, Any] = {**DEBERTA, "share_att_key": True, "position_buckets": 4, "norm_rel_ebd": "layer_norm"}
MODERNBERT: dict[str, Any] = {**SIZE, **COMMON, "local_attention": 6, "global_attn_every_n_layers": 2}
DECODER: dict[str, Any] = {**SIZE, **COMMON, "num_key_value_heads": 1, "head_dim": 8}
GPT2: dict[str, Any] = {"vocab_size": 50, "n_embd": 16, "n_layer": 2, "n_head": 2, "n_positions": 12, "pad_token_id": 1}
GPT2 |= {"initializer_range": 0.5, "resid_pdrop": 0.0, "embd_pdrop": 0.0, "attn_pdrop": 0.0}
ENCODERS = {  # their attention cannot be replaced in transformers 4
    "albert": AlbertConfig(**SIZE, **COMMON, **NO_DROPOUT, embedding_size=8, classifier_dropout_prob=0.0),
    "bert": BertConfig(**SIZE, **COMMON, **NO_DROPOUT),
    "camembert": CamembertConfig(**SIZE, **COMMON, **NO_DROPOUT),
    "distilbert": DistilBertConfig(**COMMON, **DISTILBERT),
    "electra": ElectraConfig(**SIZE, **COMMON, **NO_DROPOUT, embedding_size=8),
    "modernbert": ModernBertConfig(**MODERNBERT, classifier_pooling="cls"),
    "modernbert-mean": ModernBertConfig(**MODERNBERT, classifier_pooling="mean"),
    "roberta": RobertaConfig(**SIZE, **COMMON, **NO_DROPOUT),
    "xlm-roberta": XLMRobertaConfig(**SIZE, **COMMON, **NO_DROPOUT),
}
OTHERS = {
    "deberta-v2": DebertaV2Config(**{**DEBERTA, "conv_kernel_size": 3}),
    "deberta-v2-no-distances": DebertaV2Config(**{**DEBERTA, "relative_attention": False, "pos_att_type": None}),
    "deberta-v3": DebertaV2Config(**V3),
    "gpt2": GPT2Config(**GPT2),
    "llama": LlamaConfig(**DECODER),
    "mistral": MistralConfig(**DECODER, sliding_window=4),
    "mpnet": MPNetConfig(**SIZE, **COMMON, **NO_DROPOUT),
    "qwen2": Qwen2Config(**DECODER),
    "qwen3": Qwen3Config(**DECODER),
}
PACKED = [*(ENCODERS if version("transformers") >= "5" else ()), *OTHERS]
UNPACKED = {
    "deberta": DebertaConfig(**DEBERTA),
    "longformer": LongformerConfig(**{**SIZE, **COMMON, "max_position_embeddings": 20}, attention_window=4),
}
CONFIGS = {**ENCODERS, **OTHERS, **UNPACKED}
DECODERS = {"gpt2", "llama", "mistral", "qwen2", "qwen3"}
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


def layout_of(model: PreTrainedModel, padding: Padding = PADDING) -> BatchLayout:
    """Return the layout that is chosen for the model."""

    def loss(inputs: dict[str, torch.Tensor], _: int) -> tuple[torch.Tensor, Any]:
        output = model(**inputs)
        return output["loss"], output

    return choose_layout(Batching.AUTO, ForwardPass(model, torch.device("cpu"), padding, loss), examples())


def pooling_of(family: str) -> Pooling:
    """Return how the family's head reads a sequence."""
    pooled = {"modernbert-mean": Pooled.MEAN}.get(family, Pooled.LAST if family in DECODERS else Pooled.FIRST)
    return Pooling(pooled, is_early=family not in {"gpt2", "modernbert-mean"})


@pytest.mark.parametrize("family", PACKED)
def test_loss_logits_and_gradients_are_the_padded_ones(family: str) -> None:
    """A packed batch gives each example's logits, and each weight's gradient, as the padded batch does."""
    model, batch = model_of(CONFIGS[family]), examples(types=family in {"bert", "electra", "albert"})
    expected = model(**batch.padded(PADDING))
    expected.loss.backward()
    gradients = {name: weight.grad.clone() for name, weight in model.named_parameters() if weight.grad is not None}
    model.zero_grad()
    with packed(model, batch, pooling_of(family)) as inputs:
        found = model(**inputs)
        found.loss.backward()
    assert torch.allclose(expected.logits, found.logits, atol=1e-5)
    assert expected.logits.std() > 1e-2
    assert set(gradients) == {name for name, weight in model.named_parameters() if weight.grad is not None}
    for name, weight in model.named_parameters():
        if weight.grad is not None:
            largest = max(1.0, weight.grad.abs().max().item())
            assert torch.allclose(gradients[name], weight.grad, atol=2e-5 * largest), name
    assert torch.equal(expected.logits, model(**batch.padded(PADDING)).logits)


@pytest.mark.parametrize("family", PACKED)
def test_losses_of_twenty_updates_are_the_padded_ones(family: str) -> None:
    """With dropout off, the losses of twenty updates are those of padded batches."""
    losses: dict[str, list[float]] = {}
    for way in ("padded", "packed"):
        model, generator = model_of(CONFIGS[family]), torch.Generator().manual_seed(5)
        optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
        for _ in range(20):
            ids = torch.randint(2, 50, (sum(LENGTHS),), generator=generator)
            labels = torch.randint(2, (len(LENGTHS),), generator=generator)
            batch = FlatBatch({"input_ids": ids}, LENGTHS, labels)
            with packed(model, batch, pooling_of(family)) if way == "packed" else nullcontext() as inputs:
                loss = model(**(inputs or batch.padded(PADDING))).loss
                loss.backward()
            optimizer.step()
            optimizer.zero_grad()
            losses.setdefault(way, []).append(loss.item())
    assert losses["padded"] == pytest.approx(losses["packed"], abs=1e-5)


@pytest.mark.parametrize("family", PACKED)
def test_mixed_precision(family: str) -> None:
    """Products in half precision give about the same logits."""
    model, batch = model_of(CONFIGS[family]), examples()
    expected = model(**batch.padded(PADDING)).logits
    with torch.autocast("cpu", torch.bfloat16), packed(model, batch, pooling_of(family)) as inputs:
        found = model(**inputs)
        found.loss.backward()
    assert torch.allclose(expected, found.logits.float(), rtol=0.1, atol=0.3)


@pytest.mark.parametrize("family", PACKED)
def test_packing_is_chosen_for_equal_models(family: str) -> None:
    """Packing is chosen if a packed forward pass is equal, with the pooling of the model's head."""
    assert BatchLayout(Batching.PACKED, pooling=pooling_of(family)) == layout_of(model_of(CONFIGS[family]))


@pytest.mark.parametrize("family", sorted(set(CONFIGS) - set(PACKED)))
def test_other_models_are_not_packed(family: str) -> None:
    """Models whose attention cannot be replaced get micro-batches."""
    model = model_of(CONFIGS[family])
    layout = layout_of(model)
    assert Batching.MICRO is layout.batching
    assert f"{type(model).__name__} does not let its attention be replaced" == layout.reason
    assert f"batching: micro, since {layout.reason}" == layout.note


def test_the_last_token_is_the_last_that_is_no_padding() -> None:
    """Decoders take a token with the id of the padding token for padding, even inside a text."""
    batch = FlatBatch({"input_ids": torch.tensor([5, 1, 1, 1, 7, 1, 8])}, (3, 2, 2), torch.zeros(3))
    last = Pooling(Pooled.LAST, is_early=True)
    assert [0, 4, 6] == kept_tokens(last, batch, 1).tolist()
    assert [2, 4, 6] == kept_tokens(last, batch, None).tolist()
    only_padding = FlatBatch({"input_ids": torch.tensor([5, 1, 1])}, (1, 2), torch.zeros(2))
    assert [0, 1] == kept_tokens(last, only_padding, 1).tolist()


@pytest.mark.parametrize(("family", "batching"), [("gpt2", Batching.PLAIN), ("llama", Batching.PACKED)])
def test_a_decoder_that_is_padded_on_the_left(family: str, batching: Batching) -> None:
    """GPT-2 counts positions from the padding on, so its logits depend on the batch. Rotary positions do not."""
    left = Padding("left", PADDING.values)
    assert batching is layout_of(model_of(CONFIGS[family]), left).batching


def test_layers_that_mix_sequences_are_not_packed() -> None:
    """A layer that is no attention may carry a state from one sequence to the next."""
    model = model_of(CONFIGS["qwen3"])
    model.config.layer_types = ["linear_attention", "full_attention"]
    reason = "Qwen3ForSequenceClassification has layers of the kind linear_attention"
    assert reason == unpackable(model)


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
