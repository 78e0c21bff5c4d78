"""How the examples of a batch are laid out for the model: padded, in micro-batches, or packed."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from transformers import PreTrainedModel

from pytest_glue.core.choices import Batching
from pytest_glue.training.trainer.dropout import fast_dropout
from pytest_glue.training.trainer.flat_batch import FlatBatch, Padding
from pytest_glue.training.trainer.packing import packed
from pytest_glue.training.trainer.pooling import Pooling

LossFunction = Callable[[dict[str, torch.Tensor], int], tuple[torch.Tensor, Any]]
"""From a model's inputs, and the number of examples in the whole batch, to the loss and the model's output."""


@dataclass(frozen=True, slots=True)
class BatchLayout:
    """How the examples of a batch are laid out."""

    batching: Batching
    """Packed, micro or plain."""
    reason: str = ""
    """Why it is no faster layout; empty if it is the one that was asked for."""
    loss_is_mean: bool = True
    """Whether the loss of a part is a mean over its examples. Otherwise it is already divided by the whole batch."""
    pooling: Pooling | None = None
    """Of the model, if it can be packed."""

    @property
    def is_fast(self) -> bool:
        """Whether it differs from the plain layout."""
        return self.batching is not Batching.PLAIN

    @property
    def is_packed(self) -> bool:
        """Whether sequences lie end to end, without padding."""
        return self.batching is Batching.PACKED

    @property
    def note(self) -> str:
        """One line for a reader of the evaluation."""
        return f"batching: {self.batching}" + (f", since {self.reason}" if self.reason else "")


@dataclass(frozen=True, slots=True)
class ForwardPass:
    """What a forward pass of the trainer needs."""

    model: PreTrainedModel
    """On its device, without the wrappers of accelerate."""
    device: torch.device
    padding: Padding
    loss: LossFunction
    """As the trainer computes it."""


@contextmanager
def laid_out(examples: FlatBatch, forward: ForwardPass, pooling: Pooling | None) -> Iterator[dict[str, torch.Tensor]]:
    """Give the examples as the model's inputs. The model takes them in this form inside the context only.

    Args:
        examples: on the model's device.
        forward: of the trainer.
        pooling: of the model, for a packed batch; None for a padded one.
    """
    with ExitStack() as stack:
        if forward.device.type == "cpu":
            stack.enter_context(fast_dropout(forward.model))
        if pooling:
            yield stack.enter_context(packed(forward.model, examples, pooling))
        else:
            yield examples.padded(forward.padding)
