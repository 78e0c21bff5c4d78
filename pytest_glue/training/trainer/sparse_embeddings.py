"""A trainer whose steps leave out the words that the training examples do not have."""

from functools import partial
from typing import Any

import torch
from torch.utils.data import DataLoader
from transformers.trainer_utils import EvalLoopOutput

from pytest_glue.core.choices import Batching
from pytest_glue.training.trainer.columns import Columns
from pytest_glue.training.trainer.equivalence import keeps_loss
from pytest_glue.training.trainer.sorted_evaluation import OrderedTrainer
from pytest_glue.training.trainer.vocabulary import OPTIMIZERS, Vocabulary

_WATCHERS = ("pytest_glue.", "transformers.trainer_callback")
"""Where callbacks come from that do not look at weights while a training goes on."""


class SparingTrainer(OrderedTrainer):
    """An `OrderedTrainer` that trains the embeddings of the words that there are; all others decay as they would.

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

    def save_unfinished(self) -> None:
        """See `ResumableTrainer`."""
        self._enlarge()
        super().save_unfinished()

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
        assert isinstance(columns, Columns)
        padding = torch.tensor([self._padding.values["input_ids"]])
        vocabulary = Vocabulary.of(model, torch.cat([columns.tokens["input_ids"], padding]))
        if vocabulary is None:
            return None
        examples = self._few(columns, [0, 1])
        evaluate = partial(self._evaluated, len(examples))
        same = keeps_loss(model, examples.padded(self._padding), evaluate, vocabulary.shrunk())
        return vocabulary if same else None

    def _held(self) -> dict[str, Any]:
        """See `ResumableTrainer`: whether the optimizer's moments are those of the small embeddings."""
        return {**super()._held(), "sparing": self._vocabulary is not None}

    def _take(self, held: dict[str, Any]) -> None:
        """See `ResumableTrainer`."""
        super()._take(held)
        self._was_sparing = held["sparing"]
