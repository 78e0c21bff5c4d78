"""A trainer whose steps leave out the words that the training examples do not have."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import torch
from torch.utils.data import DataLoader
from transformers import PreTrainedModel
from transformers.trainer_utils import EvalLoopOutput

from pytest_glue.core.choices import Batching
from pytest_glue.training.trainer.equivalence import keeps_loss
from pytest_glue.training.trainer.flat_batch import TokenizedSplit
from pytest_glue.training.trainer.sorted_evaluation import LengthSortedEvalTrainer

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


_WATCHERS = ("pytest_glue.", "transformers.trainer_callback")
"""Where callbacks come from that do not look at weights while a training goes on."""


class SparseEmbeddingTrainer(LengthSortedEvalTrainer):
    """Trains only the embeddings of tokens that occur; all others decay as AdamW would decay them.

    The model has all its embeddings whenever it is evaluated or saved, and after the training.
    """

    _vocabulary: Vocabulary | None = None
    _was_sparing: bool | None = None
    """Of the training that this one goes on with; None where it begins."""

    def __getstate__(self) -> dict[str, Any]:
        """Return what makes the trainer, without what it can make again."""
        return {**super().__getstate__(), "_vocabulary": None}

    def train(self, *args: Any, **kwargs: Any) -> Any:
        """See `Trainer`."""
        self._was_sparing = None
        try:
            return super().train(*args, **kwargs)
        finally:
            self._enlarge()
            self._vocabulary = None

    def create_optimizer(self, *args: Any, **kwargs: Any) -> torch.optim.Optimizer:
        """Called by the trainer before its first step; the optimizer knows the small embeddings."""
        if self.is_in_train and (self._may_leave_out() if self._was_sparing is None else self._was_sparing):
            self._vocabulary = self._chosen_vocabulary()
        if self._vocabulary is not None:
            self._vocabulary.shrink()
        return super().create_optimizer(*args, **kwargs)

    def training_step(self, model: Any, inputs: dict[str, Any], num_items_in_batch: Any = None) -> torch.Tensor:
        """See `Trainer`."""
        if self._vocabulary is not None:
            self._vocabulary.shrink()
        return super().training_step(model, inputs, num_items_in_batch)

    def evaluation_loop(self, dataloader: DataLoader[Any], *args: Any, **kwargs: Any) -> EvalLoopOutput:
        """See `Trainer`."""
        self._enlarge()
        return super().evaluation_loop(dataloader, *args, **kwargs)

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        """Called by the trainer where the recipe says that it saves."""
        self._enlarge()
        super()._save_checkpoint(model, trial)

    def save_resume_state(self) -> None:
        """See `ResumableTrainer`."""
        self._enlarge()
        super().save_resume_state()

    def _load_best_model(self) -> None:
        """Called by the trainer at its end, where it has saved the best epoch."""
        self._enlarge()
        super()._load_best_model()

    def _enlarge(self) -> None:
        """Let the model have all its embeddings, until the next step."""
        if self._vocabulary is not None:
            self._vocabulary.enlarge()

    def _may_leave_out(self) -> bool:
        """Whether nothing tells a training of fewer embeddings from one of all."""
        fast = self._layout is not None and self._layout.batching is not Batching.PLAIN
        known = getattr(self, "optimizer_cls_and_kwargs", None) is None and self.args.optim in OPTIMIZERS
        callbacks = self.callback_handler.callbacks
        unseen = all(type(callback).__module__.startswith(_WATCHERS) for callback in callbacks)
        return fast and known and unseen and self.optimizer is None and self.model_init is not None

    def _chosen_vocabulary(self) -> Vocabulary | None:
        """Return the words of the training examples, if the model is seen to have the same loss with these alone."""
        columns, model = self._columns_of(self.train_dataset), self._network
        assert isinstance(columns, TokenizedSplit)
        padding = torch.tensor([self._padding.values["input_ids"]])
        vocabulary = Vocabulary.of(model, torch.cat([columns.tokens["input_ids"], padding]))
        if vocabulary is None:
            return None
        examples = self._few(columns, [0, 1])
        evaluate = partial(self._evaluated, len(examples))
        same = keeps_loss(model, examples.padded(self._padding), evaluate, vocabulary.shrunk())
        return vocabulary if same else None

    def _resume_state_dict(self) -> dict[str, Any]:
        """See `ResumableTrainer`: whether the optimizer's moments are those of the small embeddings."""
        return {**super()._resume_state_dict(), "sparing": self._vocabulary is not None}

    def _load_resume_state(self, held: dict[str, Any]) -> None:
        """See `ResumableTrainer`."""
        super()._load_resume_state(held)
        self._was_sparing = held["sparing"]
