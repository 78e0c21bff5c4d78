"""A trainer that lays its batches out without padding: which layout it takes, and the examples in it."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import torch
from datasets import Dataset
from torch.utils.data import DataLoader
from transformers import DataCollatorWithPadding, PreTrainedModel

from pytest_glue.core.choices import Batching
from pytest_glue.training.trainer.device_memory import free_memory, is_out_of_memory
from pytest_glue.training.trainer.equivalence import BatchLayout, choose
from pytest_glue.training.trainer.flat_batch import FlatBatch, Padding, TokenizedSplit
from pytest_glue.training.trainer.packing import packed, packed_inputs, quick_dropout
from pytest_glue.training.trainer.resume import ResumableTrainer


class PaddingFreeTrainer(ResumableTrainer):
    """A `Trainer` whose loaders give flat batches, where three real examples show that a layout of them is equal.

    What is done with such a batch is the subclass's affair.

    Args:
        *args: as for `Trainer`.
        batching: how batches are laid out.
        **kwargs: as for `Trainer`.
    """

    def __init__(self, *args: Any, batching: Batching = Batching.AUTO, **kwargs: Any) -> None:
        self._batching = batching
        self._layout: BatchLayout | None = None
        self._columns: dict[int, tuple[Dataset, TokenizedSplit | str]] = {}
        self._slow_packing = ""
        """Why padding is taken where packing would be equal; empty until it was measured."""
        super().__init__(*args, **kwargs)

    def __getstate__(self) -> dict[str, Any]:
        """Return what makes the trainer, without what it can make again."""
        return {**self.__dict__, "_columns": {}}

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of the evaluation should know of how it was computed."""
        return (self._layout.note,) if self._layout else ()

    def train(self, *args: Any, **kwargs: Any) -> Any:
        """See `Trainer`; how batches are laid out is found out anew."""
        self._layout = None
        return super().train(*args, **kwargs)

    @property
    def _network(self) -> PreTrainedModel:
        """The model without what accelerate and others wrap around it."""
        assert isinstance(self.model, PreTrainedModel)
        return self.model

    def get_train_dataloader(self) -> DataLoader[Any]:
        """See `Trainer`; batches are flat where their layout is a fast one."""
        usual = self.train_dataset
        columns = self._fast_columns(usual)
        if columns is None:
            return super().get_train_dataloader()
        with self._collating(columns):
            self.train_dataset = columns
            try:
                return super().get_train_dataloader()
            finally:
                self.train_dataset = usual

    def get_eval_dataloader(self, eval_dataset: Any = None) -> DataLoader[Any]:
        """See `Trainer`; `evaluation_loop` reads the columns of the loader's data set."""
        columns = self._evaluation_columns(self.eval_dataset if eval_dataset is None else eval_dataset)
        if columns is None:
            return super().get_eval_dataloader(eval_dataset)
        with self._collating(columns):
            return super().get_eval_dataloader(columns)  # type: ignore[arg-type]

    def get_test_dataloader(self, test_dataset: Any) -> DataLoader[Any]:
        """See `Trainer`; `evaluation_loop` reads the columns of the loader's data set."""
        columns = self._evaluation_columns(test_dataset)
        if columns is None:
            return super().get_test_dataloader(test_dataset)
        with self._collating(columns):
            return super().get_test_dataloader(columns)  # type: ignore[arg-type]

    @contextmanager
    def _collating(self, columns: TokenizedSplit) -> Iterator[None]:
        usual, self.data_collator = self.data_collator, columns.batch
        try:
            yield
        finally:
            self.data_collator = usual

    def _evaluation_columns(self, split: Any) -> TokenizedSplit | None:
        arguments = self.args
        full = arguments.fp16_full_eval or arguments.bf16_full_eval
        own = arguments.batch_eval_metrics or arguments.include_for_metrics or self.preprocess_logits_for_metrics
        return None if full or own or arguments.prediction_loss_only else self._fast_columns(split)

    def _fast_columns(self, split: Any) -> TokenizedSplit | None:
        """Return the split's columns if the layout of this training is a fast one, choosing it if need be."""
        reason = self._why_plain()
        columns = reason or self._columns_of(split)
        if isinstance(columns, str):
            self._layout = self._layout or BatchLayout(Batching.PLAIN, columns if reason != "asked" else "")
        elif self._layout is None:
            self._layout = self._chosen(columns)
            if self._slow_packing:
                self._layout = replace(self._layout, batching=Batching.MICRO, reason=self._slow_packing)
        fast = self._layout is not None and self._layout.batching is not Batching.PLAIN
        return columns if fast and isinstance(columns, TokenizedSplit) else None

    def _chosen(self, columns: TokenizedSplit) -> BatchLayout:
        few = self._few(columns, [0, len(columns) // 2, -1])
        try:
            return choose(self._batching, self._network, few, self._padding, partial(self._evaluated, len(few)))
        except RuntimeError as error:
            if not is_out_of_memory(error):
                raise
        free_memory()
        few = self._few(columns, [0, 1, 2])
        return choose(self._batching, self._network, few, self._padding, partial(self._evaluated, len(few)))

    def _few(self, columns: TokenizedSplit, ranks: list[int]) -> FlatBatch:
        """Return some of the examples by rank, the shortest first, on the device; fewer where there are not as many."""
        places = np.argsort(columns.lengths, kind="stable")
        return columns.flat(places[[rank for rank in ranks if rank < len(places)]]).to(self.args.device)

    def _columns_of(self, split: Any) -> TokenizedSplit | str:
        if not isinstance(split, Dataset):
            return "the examples are no datasets.Dataset"
        if id(split) not in self._columns:
            self._set_signature_columns_if_needed()
            self._columns[id(split)] = (split, TokenizedSplit.of(split, frozenset(self._signature_columns or ())))
        return self._columns[id(split)][1]

    @property
    def _padding(self) -> Padding:
        return Padding.of(self.processing_class)

    def _evaluated(self, batch: int, inputs: dict[str, torch.Tensor]) -> tuple[torch.Tensor, Any]:
        # As in training: each part is told the size of the whole batch.
        items = torch.tensor(batch) if self.model_accepts_loss_kwargs or self.compute_loss_func else None
        model: Any = self.model
        loss, output = self.compute_loss(model, inputs, return_outputs=True, num_items_in_batch=items)
        return loss, output

    def _why_plain(self) -> str:
        """Return why batches have to be the plain ones, as far as the arguments tell; empty where nothing does."""
        arguments, collator = self.args, self.data_collator
        sampling = getattr(arguments, "train_sampling_strategy", "random")
        padded = (
            isinstance(collator, DataCollatorWithPadding)
            and type(collator) is DataCollatorWithPadding
            and collator.padding is True
            and not collator.pad_to_multiple_of
        )
        reasons = {
            "asked": self._batching is Batching.PLAIN,
            "there are several devices": arguments.n_gpu > 1 or arguments.world_size > 1,
            "DeepSpeed or FSDP runs the model": self.is_deepspeed_enabled or self.is_fsdp_enabled,
            "the model is compiled": arguments.torch_compile,
            "the recipe adds noise to embeddings": arguments.neftune_noise_alpha is not None,
            "the recipe orders examples by length": getattr(arguments, "group_by_length", False)
            or sampling not in {"random", "sequential"},
            "unused columns are kept": not arguments.remove_unused_columns,
            "the collator is not the default one": not padded,
        }
        return next((reason for reason, holds in reasons.items() if holds), "")

    @property
    def _is_packed(self) -> bool:
        return self._layout is not None and self._layout.batching is Batching.PACKED

    @contextmanager
    def _laid_out(self, examples: FlatBatch) -> Iterator[dict[str, torch.Tensor]]:
        """Give the examples as the model's inputs, and let the model take them."""
        with ExitStack() as stack:
            if self.args.device.type == "cpu":
                stack.enter_context(quick_dropout(self._network))
            if self._is_packed:
                stack.enter_context(packed(self._network, examples.lengths))
                yield packed_inputs(self._network, examples)
            else:
                yield examples.padded(self._padding)

    def _resume_state_dict(self) -> dict[str, Any]:
        """See `ResumableTrainer`: what was measured."""
        return {**super()._resume_state_dict(), "slow_packing": self._slow_packing}

    def _load_resume_state(self, held: dict[str, Any]) -> None:
        """See `ResumableTrainer`."""
        super()._load_resume_state(held)
        self._slow_packing = held["slow_packing"]
