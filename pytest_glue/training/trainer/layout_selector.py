"""Selects the layout of a training's batches, and holds the tokenized splits that a fast layout reads."""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from datasets import Dataset
from transformers import DataCollatorWithPadding, PreTrainedModel, TrainingArguments

from pytest_glue.core.choices import Batching
from pytest_glue.training.trainer.batch_layout import BatchLayout, ForwardPass
from pytest_glue.training.trainer.device_memory import free_memory, is_out_of_memory
from pytest_glue.training.trainer.equivalence import choose_layout
from pytest_glue.training.trainer.flat_batch import FlatBatch, TokenizedSplit
from pytest_glue.training.trainer.pooling import Pooling


class LayoutSelector:
    """Selects a batch layout for each training: a fast one only if it is shown to be equal on real examples."""

    def __init__(self, asked: Batching) -> None:
        self.asked = asked
        self.layout: BatchLayout | None = None
        """Of the current training; None until the first split is asked for."""
        self._splits: dict[int, tuple[Dataset, TokenizedSplit | str]] = {}
        self._slow_packing = ""
        """Why packing is not used although it is equal; empty until it was measured."""

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_splits": {}}

    @property
    def notes(self) -> tuple[str, ...]:
        return (self.layout.note,) if self.layout else ()

    @property
    def is_packed(self) -> bool:
        return self.layout is not None and self.layout.is_packed

    @property
    def pooling(self) -> Pooling | None:
        """The model's, if batches are packed."""
        return self.layout.pooling if self.layout and self.layout.is_packed else None

    def reset(self) -> None:
        """Select the layout again for the next training."""
        self.layout = None

    def fast_split(
        self, split: Any, plain_reason: str, accepted: Collection[str], forward: Callable[[], ForwardPass]
    ) -> TokenizedSplit | None:
        """Return the tokenized split, or None if this training's layout is the plain one. Select the layout if needed.

        Args:
            split: of the trainer.
            plain_reason: why batches have to be plain; empty if they need not be.
            accepted: names of the columns that the model takes.
            forward: returns the trainer's forward pass, for the check of a fast layout.
        """
        if self.asked is Batching.PLAIN or plain_reason:
            tokenized: TokenizedSplit | str = "" if self.asked is Batching.PLAIN else plain_reason
        else:
            tokenized = self.tokenized(split, accepted)
        if isinstance(tokenized, str):
            self.layout = self.layout or BatchLayout(Batching.PLAIN, tokenized)
            return None
        if self.layout is None:
            self.layout = self._select(tokenized, forward())
        return tokenized if self.layout.is_fast else None

    def tokenized(self, split: Any, accepted: Collection[str]) -> TokenizedSplit | str:
        """Return the split's columns end to end, or the reason why they cannot be laid out so."""
        if not isinstance(split, Dataset):
            return "the examples are no datasets.Dataset"
        if id(split) not in self._splits:
            self._splits[id(split)] = (split, TokenizedSplit.of(split, frozenset(accepted)))
        return self._splits[id(split)][1]

    @contextmanager
    def without_packing(self) -> Iterator[None]:
        """Use micro-batches inside the context."""
        packed = self.layout
        assert packed
        self.layout = replace(packed, batching=Batching.MICRO)
        try:
            yield
        finally:
            self.layout = packed

    def reject_packing(self, reason: str) -> None:
        """Use micro-batches instead of packing, in this training and the next ones."""
        assert self.layout
        self.layout = replace(self.layout, batching=Batching.MICRO, reason=reason)
        self._slow_packing = reason

    def state_dict(self) -> dict[str, Any]:
        return {"slow_packing": self._slow_packing}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self._slow_packing = state["slow_packing"]

    def _select(self, split: TokenizedSplit, forward: ForwardPass) -> BatchLayout:
        try:
            layout = choose_layout(self.asked, forward, few_examples(split, [0, len(split) // 2, -1], forward.device))
        except RuntimeError as error:
            if not is_out_of_memory(error):
                raise
            layout = None
        if layout is None:  # the memory of the failed forward pass is free only after the exception is gone
            free_memory()
            layout = choose_layout(self.asked, forward, few_examples(split, [0, 1, 2], forward.device))
        if self._slow_packing:
            layout = replace(layout, batching=Batching.MICRO, reason=self._slow_packing)
        return layout


def few_examples(split: TokenizedSplit, ranks: list[int], device: torch.device) -> FlatBatch:
    """Return examples by rank of length, the shortest first. Ranks beyond the split are left out."""
    order = np.argsort(split.lengths, kind="stable")
    return split.flat(order[[rank for rank in ranks if rank < len(order)]]).to(device)


def plain_training_reason(arguments: TrainingArguments, collator: Any, model: Any, *, is_sharded: bool) -> str:
    """Return why batches have to be plain, judged by the trainer's parts; empty if they need not be.

    Args:
        arguments: of the trainer.
        collator: of the trainer.
        model: of the trainer. One that wraps another, as `peft.get_peft_model` does, cannot be laid out otherwise.
        is_sharded: whether DeepSpeed or FSDP runs the model.
    """
    sampling = getattr(arguments, "train_sampling_strategy", "random")
    is_default_collator = (
        type(collator) is DataCollatorWithPadding and collator.padding is True and not collator.pad_to_multiple_of
    )
    reasons = {
        "there are several devices": arguments.n_gpu > 1 or arguments.world_size > 1,
        "DeepSpeed or FSDP runs the model": is_sharded,
        f"the model is a {type(model).__name__} and no PreTrainedModel": not isinstance(model, PreTrainedModel),
        "the model is compiled": arguments.torch_compile,
        "the recipe adds noise to embeddings": arguments.neftune_noise_alpha is not None,
        "the recipe orders examples by length": getattr(arguments, "group_by_length", False)
        or sampling not in {"random", "sequential"},
        "unused columns are kept": not arguments.remove_unused_columns,
        "the collator is not the default one": not is_default_collator,
    }
    return next((reason for reason, holds in reasons.items() if holds), "")


def has_plain_evaluation(arguments: TrainingArguments, preprocess_logits: Any) -> bool:
    """Return whether the arguments ask for an evaluation that only `Trainer` itself offers."""
    return bool(
        arguments.fp16_full_eval
        or arguments.bf16_full_eval
        or arguments.batch_eval_metrics
        or arguments.include_for_metrics
        or preprocess_logits
        or arguments.prediction_loss_only
    )
