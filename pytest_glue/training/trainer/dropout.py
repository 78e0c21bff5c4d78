"""Dropout on a processor: the same as torch's, from fewer random bits.

Torch draws a number of its own for each element there, which costs a tenth of a training step. Sixteen bits say as well
whether an element is kept; what they round of the probability, 6 in a million for 0.1, the scale makes up for.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import torch

_VALUES = 2**16


def dropout(states: torch.Tensor, p: float) -> torch.Tensor:
    """Return the states with a share p of them set to 0 by torch's random state, and the others scaled up."""
    kept = round((1 - p) * _VALUES)
    if kept in {0, _VALUES}:
        return states if kept else states * 0
    count = states.numel()
    words = torch.empty((count + 3) // 4, dtype=torch.int64).random_(-(2**63), None)
    bits = words.view(torch.int16)[:count].view(states.shape)
    return states * (bits < kept - _VALUES // 2).to(states.dtype).mul_(_VALUES / kept)


@contextmanager
def quick_dropout(model: torch.nn.Module) -> Iterator[None]:
    """Let a model on a processor use it, in training mode; elsewhere, torch's own is the quick one."""
    chosen = [module for module in model.modules() if type(module) is torch.nn.Dropout and module.training]
    for module in chosen:
        module.forward = partial(dropout, p=module.p)  # type: ignore[method-assign]
    try:
        yield
    finally:
        for module in chosen:
            del module.forward
