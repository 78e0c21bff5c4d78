"""Dropout on a processor with 16 random bits for each element, where torch draws more."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import torch

_VALUES = 2**16


def dropout(states: torch.Tensor, p: float) -> torch.Tensor:
    """Set a share p of the states to 0, drawn from torch's random state, and scale up the others."""
    retained = round((1 - p) * _VALUES)
    if retained in {0, _VALUES}:
        return states if retained else states * 0
    count = states.numel()
    words = torch.empty((count + 3) // 4, dtype=torch.int64).random_(-(2**63), None)
    bits = words.view(torch.int16)[:count].view(states.shape)
    return states * (bits < retained - _VALUES // 2).to(states.dtype).mul_(_VALUES / retained)


@contextmanager
def fast_dropout(model: torch.nn.Module) -> Iterator[None]:
    """Let the dropout layers that are in training mode use `dropout`. It is slower than torch's on an accelerator."""
    layers = [module for module in model.modules() if type(module) is torch.nn.Dropout and module.training]
    for layer in layers:
        layer.forward = partial(dropout, p=layer.p)  # type: ignore[method-assign]
    try:
        yield
    finally:
        for layer in layers:
            del layer.forward
