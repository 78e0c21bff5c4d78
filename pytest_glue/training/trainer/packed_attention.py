"""Attention of sequences that lie end to end: each token attends to tokens of its own sequence only."""

from collections.abc import Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import torch
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface

from pytest_glue.training.trainer.dropout import dropout

NAME = "pytest_glue_packed"
LENGTHS: ContextVar[tuple[int, ...]] = ContextVar("lengths")
"""Of the sequences of the current forward pass."""
_CHANGES_SCORES = ("position_bias", "s_aux", "softcap")
"""What some models pass to an attention function, and the one below does not use."""


def within_sequences(states: Sequence[torch.Tensor], attend: Callable[..., torch.Tensor]) -> torch.Tensor:
    """Attend within each sequence, and return states of shape (1, total, heads, size).

    Args:
        states: queries, keys and values, each of shape (1, heads, total, size).
        attend: from those of consecutive sequences of the same length, each of shape (count, heads, length, size).
    """
    runs = [(length, sum(1 for _ in run)) for length, run in groupby(LENGTHS.get())]
    sizes = [length * count for length, count in runs]
    parts = zip(*(torch.split(each.transpose(1, 2)[0], sizes) for each in states), strict=True)
    attended = [
        attend(*(each.unflatten(0, (count, length)).transpose(1, 2) for each in part))
        for (length, count), part in zip(runs, parts, strict=True)
    ]
    return torch.cat([each.transpose(1, 2).flatten(0, 1) for each in attended]).unsqueeze(0)


@dataclass(frozen=True, slots=True)
class DotProductAttention:
    """Attention by scaled dot products, of sequences of the same length."""

    dropout: float
    scaling: float | None = None
    """None for the usual one."""
    is_causal: bool = False
    """Whether tokens attend to those before them only."""
    window: int | None = None
    """The distance from which on tokens are not attended to; None if there is none."""

    def __call__(
        self, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, bias: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Return states of shape (count, heads, length, size).

        Args:
            query: of shape (count, heads, length, size).
            key: of the same shape, or with fewer heads, each of which serves several queries.
            value: as the key.
            bias: added to the scores, of shape (heads, length, length), or with the count before it.
        """
        groups = query.shape[1] // key.shape[1]
        if groups > 1:
            key, value = (states.repeat_interleave(groups, dim=1) for states in (key, value))
        is_own = bool(self.dropout) and query.device.type == "cpu"
        is_plain_causal = self.is_causal and bias is None and not is_own and not self._has_band(query.shape[2])
        mask = None if is_plain_causal else self._mask(query)
        bias = mask if bias is None else bias if mask is None else bias + mask
        if not is_own:
            return scaled_dot_product_attention(
                query, key, value, attn_mask=bias, dropout_p=self.dropout, is_causal=is_plain_causal, scale=self.scaling
            )
        # torch computes the same products on a processor with dropout, and also searches for masked rows.
        scale = query.shape[-1] ** -0.5 if self.scaling is None else self.scaling
        scores = (query * scale) @ key.transpose(2, 3)
        return dropout(torch.softmax(scores if bias is None else scores + bias, dim=-1), self.dropout) @ value

    def _has_band(self, length: int) -> bool:
        return self.window is not None and length > self.window

    def _mask(self, query: torch.Tensor) -> torch.Tensor | None:
        """Return 0 where a token is attended to and minus infinity for all others; None if all tokens are."""
        length = query.shape[2]
        if not self.is_causal and not self._has_band(length):
            return None
        positions = torch.arange(length, device=query.device)
        ahead = positions - positions[:, None]
        hidden = ahead > (0 if self.is_causal else length)
        if self.window is not None:
            hidden |= ahead.abs() >= self.window
        return query.new_zeros(length, length).masked_fill(hidden, float("-inf"))


def _attention(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,  # noqa: ARG001 - the signature is that of transformers
    scaling: float | None = None,
    **named: Any,
) -> tuple[torch.Tensor, None]:
    """Attend within each sequence. All states are of shape (1, heads, total, size)."""
    unknown = [name for name in _CHANGES_SCORES if named.get(name) is not None]
    if unknown:
        message = f"{type(module).__name__} changes its scores by {', '.join(unknown)}"
        raise ValueError(message)
    is_causal = named.get("is_causal")
    attend = DotProductAttention(
        named.get("dropout", 0.0),
        scaling,
        getattr(module, "is_causal", False) if is_causal is None else is_causal,
        named.get("sliding_window"),
    )
    return within_sequences((query, key, value), attend), None


AttentionInterface.register(NAME, _attention)
