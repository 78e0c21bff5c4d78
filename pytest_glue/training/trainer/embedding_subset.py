"""Trains only the embeddings of tokens that occur in the training examples.

The model has all its embeddings whenever it is evaluated or saved, and after the training.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from transformers import (
    DefaultFlowCallback,
    EarlyStoppingCallback,
    PreTrainedModel,
    PrinterCallback,
    ProgressCallback,
    TrainerCallback,
)

from pytest_glue.training.trainer.batch_layout import ForwardPass
from pytest_glue.training.trainer.equivalence import keeps_loss
from pytest_glue.training.trainer.flat_batch import TokenizedSplit
from pytest_glue.training.trainer.layout_selector import few_examples

OPTIMIZERS = ("adamw_torch", "adamw_torch_fused")
"""Names of optimizers that multiply all weights without a gradient by the same factor."""


class IgnoresWeights:
    """Marks a `TrainerCallback` that does not read the model's weights during a training."""


_IGNORE_WEIGHTS = (DefaultFlowCallback, EarlyStoppingCallback, PrinterCallback, ProgressCallback)
"""Callbacks of transformers that do not read weights. Their subclasses may."""


def ignores_weights(callback: TrainerCallback) -> bool:
    """Return whether the callback is known not to read the model's weights during a training."""
    return isinstance(callback, IgnoresWeights) or type(callback) in _IGNORE_WEIGHTS


class EmbeddingSubset:
    """A model's input embeddings, with all rows or with those of the used tokens only."""

    def __init__(self, module: torch.nn.Embedding, used: torch.Tensor) -> None:
        """Create the small matrix. The module keeps the full one until `shrink`.

        Args:
            module: with a weight of shape (vocabulary, width).
            used: token ids that a step can contain, without duplicates, ascending.
        """
        self._module, self._full, self._padding = module, module.weight, module.padding_idx
        self._used = used.to(self._full.device)
        rows = self._full.detach()[self._used]
        # The last row stands for all unused ones: it starts as 1 and gets no gradient, so it becomes their factor.
        self._small = torch.nn.Parameter(torch.cat([rows, torch.ones_like(rows[:1])]))
        # An unexpected id becomes an index out of range, so that it cannot be taken for another token.
        self._indices = torch.full((len(self._full),), len(self._small), device=self._full.device)
        self._indices[self._used] = torch.arange(len(self._used), device=self._full.device)
        self._hook: Any = None

    @classmethod
    def of(cls, model: PreTrainedModel, ids: torch.Tensor) -> "EmbeddingSubset | None":
        """Return the subset of a model's embeddings; None if all are used, or if the embeddings are special or shared.

        Args:
            model: on its device.
            ids: token ids that occur in training; duplicates are allowed.
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
        """Give the model the small matrix."""
        if self._hook is None:
            self._module.weight = self._small
            if self._padding is not None:  # its row gets no gradient
                self._module.padding_idx = int(self._indices[self._padding])
            self._hook = self._module.register_forward_pre_hook(lambda _, given: (self._indices[given[0]], *given[1:]))

    @contextmanager
    def shrunk(self) -> Iterator[None]:
        """Give the model the small matrix inside the context."""
        self.shrink()
        try:
            yield
        finally:
            self.enlarge()

    @torch.no_grad()
    def enlarge(self) -> None:
        """Give the model the full matrix, with the values that training all of it would have given."""
        if self._hook is None:
            return
        self._hook.remove()
        self._hook = None
        factor = self._small[-1, 0].item()
        if factor != 1:
            self._full.mul_(factor)
            self._small[-1] = 1
        self._full.index_copy_(0, self._used, self._small[:-1])
        self._module.weight, self._module.padding_idx = self._full, self._padding


class EmbeddingTraining:
    """The embedding subset of the current training, if it has one."""

    def __init__(self) -> None:
        self.reset()

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_subset": None}

    def reset(self) -> None:
        self._subset: EmbeddingSubset | None = None
        self._was_used: bool | None = None
        """By the training that is resumed, whose optimizer state fits no other choice; None if none is resumed."""

    def may_use(self, *, is_equivalent: bool) -> bool:
        """Return whether the training may use a subset.

        Args:
            is_equivalent: whether nothing in the trainer can tell the subset from the full matrix.
        """
        return is_equivalent if self._was_used is None else self._was_used

    def choose(self, split: TokenizedSplit, forward: ForwardPass) -> None:
        """Use the subset of the split's tokens, if there is one and the model has the same loss with it."""
        padding = torch.tensor([forward.padding.values["input_ids"]])
        subset = EmbeddingSubset.of(forward.model, torch.cat([split.tokens["input_ids"], padding]))
        if subset and keeps_loss(forward, few_examples(split, [0, 1], forward.device), subset.shrunk()):
            self._subset = subset

    def shrink(self) -> None:
        if self._subset:
            self._subset.shrink()

    def enlarge(self) -> None:
        if self._subset:
            self._subset.enlarge()

    def end(self) -> None:
        """Give the model all its embeddings, and drop the subset."""
        self.enlarge()
        self._subset = None

    def state_dict(self) -> dict[str, Any]:
        return {"used": self._subset is not None}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self._was_used = state["used"]
