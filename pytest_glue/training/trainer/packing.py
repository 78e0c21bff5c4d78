"""A packed forward pass: sequences lie end to end, so that no padding is computed.

Linear layers, normalizations and activations treat each token alone, so sequence boundaries do not matter to them.
Attention is computed within each sequence, and positions start at each sequence's first token. A head on the first
token needs no other token after the last attention, so the rest of the last layer is computed for first tokens only.
"""

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from itertools import accumulate, groupby
from typing import Any

import torch
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface, PreTrainedModel

from pytest_glue.training.trainer.dropout import dropout
from pytest_glue.training.trainer.flat_batch import FlatBatch

NAME = "pytest_glue_packed"
_LENGTHS: ContextVar[tuple[int, ...]] = ContextVar("lengths")


def _attention(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,  # noqa: ARG001 - the signature is that of transformers
    scaling: float | None = None,
    **named: Any,
) -> tuple[torch.Tensor, None]:
    """Attend within each sequence. All states are of shape (1, heads, total, size).

    Consecutive sequences of the same length are computed together.
    """
    if getattr(module, "is_causal", False) or named.get("sliding_window") is not None:
        message = f"{type(module).__name__} attends to a part of the sequence only"
        raise ValueError(message)
    runs = [(length, sum(1 for _ in run)) for length, run in groupby(_LENGTHS.get())]
    sizes = [length * count for length, count in runs]
    parts = zip(*(torch.split(states.transpose(1, 2)[0], sizes) for states in (query, key, value)), strict=True)
    attended = []
    for run, part in zip(runs, parts, strict=True):
        q, k, v = (states.unflatten(0, (run[1], run[0])).transpose(1, 2) for states in part)
        attended.append(_attend(q, k, v, named.get("dropout", 0.0), scaling))
    return torch.cat([states.transpose(1, 2).flatten(0, 1) for states in attended]).unsqueeze(0), None


def _attend(
    query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, p: float, scaling: float | None
) -> torch.Tensor:
    if not p or query.device.type != "cpu":
        return scaled_dot_product_attention(query, key, value, dropout_p=p, scale=scaling)
    # torch computes the same products on a processor with dropout, and also searches for masked rows.
    scale = query.shape[-1] ** -0.5 if scaling is None else scaling
    return dropout(torch.softmax((query * scale) @ key.transpose(2, 3), dim=-1), p) @ value


AttentionInterface.register(NAME, _attention)


@dataclass(frozen=True, slots=True)
class Site:
    """The module at which all tokens but the first of each sequence are dropped."""

    module: torch.nn.Module
    """It follows the last attention. Its input or its output holds a state for each token."""
    before: bool
    """Whether tokens are dropped from its input; else from its output."""

    @classmethod
    def of(cls, model: PreTrainedModel) -> "Site | None":
        """Return the site in the model's last layer; None if the model has no stack of layers."""
        stacks = [
            module
            for module in model.base_model.modules()
            if isinstance(module, torch.nn.ModuleList) and len(module) == getattr(model.config, "num_hidden_layers", 0)
        ]
        if not stacks:
            return None
        last = stacks[0][-1]
        for path in ("attention.output", "sa_layer_norm"):  # BERT and its relatives, DistilBERT
            try:
                return cls(last.get_submodule(path), before=True)
            except AttributeError:
                continue
        return cls(last, before=False)


def unpackable(model: PreTrainedModel) -> str:
    """Return why a model cannot be packed, judged by class and configuration; empty if neither gives a reason."""
    accepted = inspect.signature(type(model).forward).parameters
    if not getattr(model, "_supports_attention_backend", False):  # no encoder of transformers 4 does
        return f"{type(model).__name__} does not let its attention be replaced"
    if "position_ids" not in accepted:
        return f"{type(model).__name__} takes no position_ids"
    if getattr(model.config, "is_decoder", False) or getattr(model.config, "is_encoder_decoder", False):
        return f"{type(model).__name__} is not an encoder"
    if any(getattr(module, "gradient_checkpointing", False) for module in model.modules()):
        return "gradient checkpointing is on"
    return "" if Site.of(model) else f"{type(model).__name__} has no stack of layers"


def packed_inputs(model: PreTrainedModel, examples: FlatBatch) -> dict[str, torch.Tensor]:
    """Return the model's inputs for a forward pass inside `packed`."""
    device = examples.labels.device
    embeddings = getattr(model.base_model, "embeddings", None)
    padding = getattr(getattr(embeddings, "position_embeddings", None), "padding_idx", None)
    first = 0 if padding is None else padding + 1  # RoBERTa and its relatives count positions from the padding id on
    positions = torch.cat([torch.arange(first, first + length) for length in examples.lengths]).to(device)
    columns = {name: values.unsqueeze(0) for name, values in examples.tokens.items()}
    return {**columns, "position_ids": positions.unsqueeze(0), "labels": examples.labels}


@contextmanager
def packed(model: PreTrainedModel, lengths: tuple[int, ...]) -> Iterator[None]:
    """Let the model take packed inputs. Its head gets the first token of each sequence."""
    site = Site.of(model)
    assert site
    firsts = torch.tensor([0, *accumulate(lengths)][:-1], device=model.device)

    def cut(states: torch.Tensor) -> torch.Tensor:
        return states[0].index_select(0, firsts).unsqueeze(1)

    def before(_: torch.nn.Module, given: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, ...]:
        return tuple(cut(states) for states in given)

    def after(_: torch.nn.Module, __: Any, output: Any) -> Any:
        return (cut(output[0]), *output[1:]) if isinstance(output, tuple) else cut(output)

    handle = site.module.register_forward_pre_hook(before) if site.before else site.module.register_forward_hook(after)
    usual, token = model.config._attn_implementation, _LENGTHS.set(lengths)
    model.config._attn_implementation = NAME
    try:
        yield
    finally:
        model.config._attn_implementation = usual
        _LENGTHS.reset(token)
        handle.remove()
