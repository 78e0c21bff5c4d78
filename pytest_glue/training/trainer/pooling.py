"""Pooling: the state for which a head reads each sequence, and where all others may be dropped."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate
from typing import Any

import torch
from transformers import PreTrainedModel

from pytest_glue.training.trainer.flat_batch import FlatBatch


class Pooled(StrEnum):
    """What a head reads of a sequence."""

    FIRST = "first"
    """The state of the first token, as encoders do."""
    LAST = "last"
    """The state of the last token that is no padding token, as decoders do."""
    MEAN = "mean"
    """The mean over the states of all tokens."""


@dataclass(frozen=True, slots=True)
class Pooling:
    """What a head reads of a sequence, and where it is taken."""

    pooled: Pooled
    is_early: bool
    """Whether tokens are dropped in the last layer; else from the output of the base model."""


POOLINGS = (
    Pooling(Pooled.FIRST, is_early=True),
    Pooling(Pooled.LAST, is_early=True),
    Pooling(Pooled.LAST, is_early=False),
    Pooling(Pooled.MEAN, is_early=False),
)
"""Those of the models of transformers, the most frequent first."""


def kept_tokens(pooling: Pooling, examples: FlatBatch, padding: int | None) -> torch.Tensor:
    """Return the index of the token of each sequence that stands for it, of shape (n,).

    Args:
        pooling: of the model. A mean has no such token: the first one is returned.
        examples: end to end.
        padding: the id that a head on the last token takes for padding, wherever it is; None if it takes none.
    """
    ids = examples.tokens["input_ids"]
    ends = torch.tensor([0, *accumulate(examples.lengths)], device=ids.device)
    if pooling.pooled is not Pooled.LAST:
        return ends[:-1]
    positions = torch.arange(len(ids), device=ids.device)
    last = positions if padding is None else positions.where(ids != padding, -1).cummax(0).values
    return torch.maximum(last[ends[1:] - 1], ends[:-1])


@dataclass(frozen=True, slots=True)
class Site:
    """The module at which all tokens but the pooled ones are dropped."""

    module: torch.nn.Module
    """Its input or its output holds a state for each token."""
    before: bool
    """Whether tokens are dropped from its input; else from its output."""

    @classmethod
    def of(cls, model: PreTrainedModel, pooling: Pooling) -> "Site":
        """Return the earliest site at which the pooling is possible."""
        base = model.base_model
        if not pooling.is_early:
            return cls(base, before=False)
        depth = getattr(model.config, "num_hidden_layers", 0)
        stacks = [each for each in base.modules() if isinstance(each, torch.nn.ModuleList) and len(each) == depth]
        if not stacks:  # ALBERT computes the same layer again and again
            return cls(getattr(base, "encoder", base), before=False)
        last = stacks[0][-1]
        for path in ("attention.output", "attention.LayerNorm", "sa_layer_norm"):  # BERT's relatives, MPNet, DistilBERT
            try:
                return cls(last.get_submodule(path), before=True)
            except AttributeError:
                continue
        return cls(last, before=False)

    def register(self, pool: Callable[[torch.Tensor], torch.Tensor]) -> Callable[[], None]:
        """Let the module pool states of shape (1, total, size) to (n, 1, size). Return a function that undoes it."""

        def before(_: torch.nn.Module, given: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, ...]:
            return tuple(pool(states) for states in given)

        def after(_: torch.nn.Module, __: Any, output: Any) -> Any:
            if isinstance(output, dict):  # as every ModelOutput is
                output["last_hidden_state"] = pool(output["last_hidden_state"])
                return output
            return (pool(output[0]), *output[1:]) if isinstance(output, tuple) else pool(output)

        module = self.module
        handle = module.register_forward_pre_hook(before) if self.before else module.register_forward_hook(after)
        return handle.remove
