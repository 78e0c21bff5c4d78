"""Vocabulary: the embeddings of the words that a training has; those of all others have no gradient, and only decay.

A step clears, measures and updates every embedding, though most belong to words that the data does not have. So the
steps see a small matrix of the words that there are, and one row more, of ones, that no word has: whatever the
optimizer does to a weight without a gradient is done to it, and is done to all other words when they are needed.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from transformers import PreTrainedModel

OPTIMIZERS = ("adamw_torch", "adamw_torch_fused")
"""By transformers' names: what they do to a weight without a gradient is a product with the same factor for all."""


class Vocabulary:
    """The input embeddings of a model, whole or small."""

    def __init__(self, module: torch.nn.Embedding, used: torch.Tensor) -> None:
        """Take the embeddings, which are whole, and make the small ones; they stay whole.

        Args:
            module: of shape (words, width).
            used: the ids that a step can have, each once, ascending.
        """
        self._module, self._whole, self._padding = module, module.weight, module.padding_idx
        self._used = used.to(self._whole.device)
        rows = self._whole.detach()[self._used]
        self._small = torch.nn.Parameter(torch.cat([rows, torch.ones_like(rows[:1])]))
        # An id that was not announced is out of range, and not some other word.
        self._places = torch.full((len(self._whole),), len(self._small), device=self._whole.device)
        self._places[self._used] = torch.arange(len(self._used), device=self._whole.device)
        self._hook: Any = None

    @classmethod
    def of(cls, model: PreTrainedModel, ids: torch.Tensor) -> "Vocabulary | None":
        """Return a model's vocabulary; None where it has all words, or its embeddings are no plain ones of its own.

        Args:
            model: whose input embeddings are meant.
            ids: of the words that a step can have, each as often as may be.
        """
        try:
            module = model.get_input_embeddings()
        except NotImplementedError:
            return None
        if type(module) is not torch.nn.Embedding or module.scale_grad_by_freq or module.sparse or module.max_norm:
            return None
        sharers = sum(weight is module.weight for _, weight in model.named_parameters(remove_duplicate=False))
        if sharers > 1 or not module.weight.requires_grad or int(ids.max()) >= len(module.weight):
            return None
        is_used = torch.zeros(len(module.weight), dtype=torch.bool)
        is_used[ids] = True
        if module.padding_idx is not None:
            is_used[module.padding_idx] = True
        used = is_used.nonzero().flatten()
        return cls(module, used) if len(used) + 1 < len(module.weight) else None

    def shrink(self) -> None:
        """Let the model see the small embeddings, of which an optimizer may know."""
        if self._hook is None:
            self._module.weight = self._small
            if self._padding is not None:  # gets no gradient
                self._module.padding_idx = int(self._places[self._padding])
            self._hook = self._module.register_forward_pre_hook(lambda _, given: (self._places[given[0]], *given[1:]))

    @contextmanager
    def shrunk(self) -> Iterator[None]:
        """Let the model see the small embeddings for a while."""
        self.shrink()
        try:
            yield
        finally:
            self.enlarge()

    @torch.no_grad()
    def enlarge(self) -> None:
        """Let the model see all embeddings, as if each had been updated in every step."""
        if self._hook is None:
            return
        self._hook.remove()
        self._hook = None
        factor = self._small[-1, 0].item()
        if factor != 1:
            self._whole.mul_(factor)
            self._small[-1] = 1
        self._whole.index_copy_(0, self._used, self._small[:-1])
        self._module.weight, self._module.padding_idx = self._whole, self._padding
