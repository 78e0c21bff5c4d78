"""Attention by dot products: the same with our own softmax as with torch's, and with the masks that are asked for."""

import pytest
import torch

from pytest_glue.training.trainer.packed_attention import DotProductAttention

NO_DROPOUT, HARDLY_ANY = 0.0, 1e-9
"""The second one takes our own softmax and drops nothing."""
LENGTH = 6


def states(heads: int = 4) -> torch.Tensor:
    """Return states of two sequences."""
    return torch.randn(2, heads, LENGTH, 3, generator=torch.Generator().manual_seed(heads))


@pytest.mark.parametrize("is_causal", [False, True])
@pytest.mark.parametrize("window", [None, 2, LENGTH, LENGTH + 1])
@pytest.mark.parametrize("has_bias", [False, True])
def test_both_ways_are_equal_and_masked(*, is_causal: bool, window: int | None, has_bias: bool) -> None:
    """Scores outside the mask count nothing, whichever way the softmax is computed."""
    query, key, value, bias = states(4), states(2), states(2) + 1, torch.randn(4, LENGTH, LENGTH) if has_bias else None
    rows, columns = torch.meshgrid(torch.arange(LENGTH), torch.arange(LENGTH), indexing="ij")
    is_seen = (rows - columns).abs() < (window or LENGTH)
    is_seen &= (columns <= rows) if is_causal else True
    scores = query @ key.repeat_interleave(2, 1).transpose(2, 3) * 0.5 + (0 if bias is None else bias)
    expected = scores.masked_fill(~is_seen, float("-inf")).softmax(-1) @ value.repeat_interleave(2, 1)
    for dropout in (NO_DROPOUT, HARDLY_ANY):
        found = DotProductAttention(dropout, 0.5, is_causal, window)(query, key, value, bias)
        assert torch.allclose(expected, found, atol=1e-6)
