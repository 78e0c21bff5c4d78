"""A packed forward pass: sequences lie end to end, so that no padding is computed.

Linear layers, normalizations and activations treat each token alone, so sequence boundaries do not matter to them.
Attention is computed within each sequence, and positions start at each sequence's first token. A head that reads one
token of each sequence needs no other token after the last attention, so the rest of the last layer is computed for
those tokens only.

The base model takes one sequence of all tokens. Its head takes a batch of sequences of one token each.
"""

import inspect
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from transformers import PreTrainedModel

from pytest_glue.training.trainer.flat_batch import FlatBatch
from pytest_glue.training.trainer.packed_attention import LENGTHS, NAME
from pytest_glue.training.trainer.pooling import Pooled, Pooling, Site, kept_tokens
from pytest_glue.training.trainer.relative_attention import has_known_attention, known_parts_replaced

_KINDS_OF_LAYERS = {"full_attention", "sliding_attention"}


def unpackable(model: PreTrainedModel) -> str:
    """Return why a model cannot be packed, judged by class and configuration; empty if neither gives a reason."""
    name, base = type(model).__name__, model.base_model
    if not getattr(model, "_supports_attention_backend", False) and not has_known_attention(model):
        return f"{name} does not let its attention be replaced"  # no encoder of transformers 4 does
    if base is model or "position_ids" not in inspect.signature(base.forward).parameters:
        return f"{name} takes no position_ids"
    if getattr(model.config, "is_encoder_decoder", False):
        return f"{name} has an encoder and a decoder"
    kinds = sorted(set(getattr(model.config, "layer_types", None) or ()) - _KINDS_OF_LAYERS)
    if kinds:
        return f"{name} has layers of the kind {', '.join(kinds)}"
    if any(getattr(module, "gradient_checkpointing", False) for module in model.modules()):
        return "gradient checkpointing is on"
    return ""


@contextmanager
def packed(model: PreTrainedModel, examples: FlatBatch, pooling: Pooling) -> Iterator[dict[str, torch.Tensor]]:
    """Give the inputs of a packed forward pass. The model takes them inside the context only."""
    kept = kept_tokens(pooling, examples, getattr(model.config, "pad_token_id", None))

    def pool(states: torch.Tensor) -> torch.Tensor:
        if pooling.pooled is Pooled.MEAN:
            sequences = torch.split(states[0], list(examples.lengths))
            return torch.stack([each.mean(dim=0, keepdim=True) for each in sequences])
        return states[0].index_select(0, kept).unsqueeze(1)

    with ExitStack() as stack:
        stack.callback(_give_all_tokens(model, examples).remove)
        stack.callback(Site.of(model, pooling).register(pool))
        stack.enter_context(known_parts_replaced(model))
        usual, token = model.config._attn_implementation, LENGTHS.set(examples.lengths)
        model.config._attn_implementation = NAME
        try:
            yield {"input_ids": examples.tokens["input_ids"][kept].unsqueeze(1), "labels": examples.labels}
        finally:
            model.config._attn_implementation = usual
            LENGTHS.reset(token)


def _give_all_tokens(model: PreTrainedModel, examples: FlatBatch) -> Any:
    """Let the base model take all tokens, instead of those that the head is given. Return the handle of the hook."""
    base = model.base_model
    accepted = inspect.signature(base.forward).parameters
    columns = {name: values.unsqueeze(0) for name, values in examples.tokens.items()}
    columns["position_ids"] = _positions(base, examples).unsqueeze(0)
    fixed = {"use_cache": False} if "use_cache" in accepted else {}

    def replace(_: torch.nn.Module, args: tuple[Any, ...], named: dict[str, Any]) -> tuple[tuple[()], dict[str, Any]]:
        return (), {**dict(zip(accepted, args, strict=False)), **named, **columns, **fixed}

    return base.register_forward_pre_hook(replace, with_kwargs=True)


def _positions(base: torch.nn.Module, examples: FlatBatch) -> torch.Tensor:
    """Return the position of each token in its sequence, as the base model counts them."""
    embeddings = getattr(base, "embeddings", None)
    padding = getattr(getattr(embeddings, "position_embeddings", None), "padding_idx", None)
    first = 0 if padding is None else padding + 1  # RoBERTa and its relatives count positions from the padding id on
    return torch.cat([torch.arange(first, first + length) for length in examples.lengths]).to(examples.labels.device)
