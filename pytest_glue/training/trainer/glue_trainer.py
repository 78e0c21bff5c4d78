"""The trainer of an item: the same training as `Trainer`'s, faster, and resumable after each epoch."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import torch
from datasets import Dataset
from numpy.typing import NDArray
from torch.utils.data import DataLoader
from transformers import EvalPrediction, PreTrainedModel, Trainer
from transformers.trainer_utils import EvalLoopOutput
from typing_extensions import override

from pytest_glue.core.choices import Batching
from pytest_glue.training.arguments import GlueTrainingArguments, every_example
from pytest_glue.training.trainer.batch_layout import ForwardPass, laid_out
from pytest_glue.training.trainer.best_epoch import BestEpoch, SavedWeights
from pytest_glue.training.trainer.embedding_subset import OPTIMIZERS, EmbeddingTraining, ignores_weights
from pytest_glue.training.trainer.flat_batch import LENGTHS, FlatBatch, Padding, TokenizedSplit
from pytest_glue.training.trainer.layout_selector import LayoutSelector, has_plain_evaluation, plain_training_reason
from pytest_glue.training.trainer.micro_batches import MicroBatching
from pytest_glue.training.trainer.resume import MODEL, Resumption, resume_obstacle
from pytest_glue.training.trainer.sorted_evaluation import mean_loss, predict_by_length, prefixed, tokens_per_part

if TYPE_CHECKING:
    from pytest_glue.training.trainer.resume_state import ResumeState


class GlueTrainer(Trainer):
    """A `Trainer` with the same examples in each update. Where it cannot be faster, it does what `Trainer` does.

    Args:
        *args: as for `Trainer`.
        batching: how batches are laid out.
        **kwargs: as for `Trainer`.
    """

    def __init__(self, *args: Any, batching: Batching = Batching.AUTO, **kwargs: Any) -> None:
        self.layouts = LayoutSelector(batching)
        self.micro_batches = MicroBatching(self.layouts)
        self.embeddings = EmbeddingTraining()
        self.best_epoch = BestEpoch()
        self.resumption = Resumption()
        self.resume_state: ResumeState | None = None
        self._part_weight = 1.0
        """Of the part that is computed, in its batch's loss."""
        super().__init__(*args, **kwargs)

    # What runs use beyond the interface of `Trainer`: see `TrainerExtensions`

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of the evaluation should know about how it was computed."""
        return (*self.layouts.notes, *self.micro_batches.notes)

    @property
    def seconds_before(self) -> float:
        """How long the last training had taken when it was interrupted; 0 if it was not."""
        return self.resumption.seconds_before

    @property
    def final_output(self) -> EvalLoopOutput | None:
        """Output of the trained model for the evaluation examples; None if it has to be computed."""
        last, best = self.best_epoch.last, self.best_epoch.best
        if self.args.load_best_model_at_end:
            best_is_loaded = self._keeps_best_in_memory or self.state.best_model_checkpoint
            return best.output if best and best_is_loaded else None
        return last.output if last and last.step == self.state.global_step else None

    def evaluate_extra(self, examples: Dataset) -> EvalLoopOutput:
        """Return the model's output for other examples. Random states and the training stay as they are."""
        with torch.random.fork_rng():
            # Not `get_eval_dataloader`, which may return a persistent loader of the trainer's own examples.
            return self._evaluation_output(self.get_test_dataloader(examples), "Extra evaluation")

    def use_all_embeddings(self) -> None:
        self.embeddings.enlarge()

    # Training

    @override
    def train(self, *args: Any, **kwargs: Any) -> Any:
        for part in (self.layouts, self.micro_batches, self.embeddings, self.best_epoch):
            part.reset()
        if (parts := self.resumption.begin(self.resume_state, resume_obstacle(self))) is not None:
            self._load_parts(parts)
            kwargs["resume_from_checkpoint"] = str(self.resumption.folder)
        try:
            result = super().train(*args, **kwargs)
        finally:
            self.embeddings.end()
        self.best_epoch.restore(self._bare_model)
        return result

    @override
    def create_optimizer(self, *args: Any, **kwargs: Any) -> torch.optim.Optimizer:
        if self.is_in_train and self.embeddings.may_use(is_equivalent=self._embedding_subset_is_equivalent):
            split = self.layouts.tokenized(self.train_dataset, self._accepted_columns)
            assert isinstance(split, TokenizedSplit)
            self.embeddings.choose(split, self._forward_pass())
        self.embeddings.shrink()
        return super().create_optimizer(*args, **kwargs)

    @override
    def training_step(self, model: Any, inputs: dict[str, Any], num_items_in_batch: Any = None) -> torch.Tensor:
        self.embeddings.shrink()
        if LENGTHS not in inputs:
            return super().training_step(model, inputs, num_items_in_batch)
        model.train()  # an evaluation switches it off, and dropout is chosen by it before `Trainer` switches it on
        batch, add_part = FlatBatch.of(inputs), partial(self._add_part, model)
        loss = self.micro_batches.add_gradients(model, batch, num_items_in_batch, add_part)
        if self.accelerator.sync_gradients:
            self.micro_batches.end_update()
        return loss

    def _add_part(self, model: Any, part: FlatBatch, weight: float, items: Any) -> torch.Tensor:
        self._part_weight = weight
        try:
            with self._laid_out(part) as inputs:
                return super().training_step(model, inputs, items)
        finally:
            self._part_weight = 1.0

    @override
    def compute_loss(self, model: Any, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        loss = super().compute_loss(model, inputs, *args, **kwargs)
        if self._part_weight == 1:
            return loss
        return (loss[0] * self._part_weight, *loss[1:]) if isinstance(loss, tuple) else loss * self._part_weight

    # Data

    @override
    def get_train_dataloader(self) -> DataLoader[Any]:
        usual = self.train_dataset
        split = self._fast_split(usual)
        if split is None:
            return super().get_train_dataloader()
        self.train_dataset = split
        try:
            with self._collating(split):
                return super().get_train_dataloader()
        finally:
            self.train_dataset = usual

    @override
    def get_eval_dataloader(self, eval_dataset: Any = None) -> DataLoader[Any]:
        split = self._fast_evaluation_split(self.eval_dataset if eval_dataset is None else eval_dataset)
        if split is None:
            with every_example(self.args):
                return super().get_eval_dataloader(eval_dataset)
        with self._collating(split):
            return super().get_eval_dataloader(split)  # type: ignore[arg-type]

    @override
    def get_test_dataloader(self, test_dataset: Any) -> DataLoader[Any]:
        split = self._fast_evaluation_split(test_dataset)
        if split is None:
            with every_example(self.args):
                return super().get_test_dataloader(test_dataset)
        with self._collating(split):
            return super().get_test_dataloader(split)  # type: ignore[arg-type]

    def _fast_evaluation_split(self, split: Any) -> TokenizedSplit | None:
        is_plain = has_plain_evaluation(self.args, self.preprocess_logits_for_metrics)
        return None if is_plain else self._fast_split(split)

    def _fast_split(self, split: Any) -> TokenizedSplit | None:
        is_sharded = self.is_deepspeed_enabled or self.is_fsdp_enabled
        reason = plain_training_reason(self.args, self.data_collator, self.model, is_sharded=is_sharded)
        return self.layouts.fast_split(split, reason, self._accepted_columns, self._forward_pass)

    @contextmanager
    def _collating(self, split: TokenizedSplit) -> Iterator[None]:
        usual, self.data_collator = self.data_collator, split.batch
        try:
            yield
        finally:
            self.data_collator = usual

    @property
    def _accepted_columns(self) -> list[str]:
        self._set_signature_columns_if_needed()
        return self._signature_columns or []

    # The model

    @property
    def _bare_model(self) -> PreTrainedModel:
        """The model without the wrappers of accelerate and others."""
        return cast("PreTrainedModel", self.model)

    def _forward_pass(self) -> ForwardPass:
        return ForwardPass(self._bare_model, self.args.device, Padding.of(self.processing_class), self._loss)

    def _loss(self, inputs: dict[str, torch.Tensor], batch_size: int) -> tuple[torch.Tensor, Any]:
        # As in training: each part gets the size of the whole batch.
        items = torch.tensor(batch_size) if self.model_accepts_loss_kwargs or self.compute_loss_func else None
        loss, output = self.compute_loss(self._bare_model, inputs, return_outputs=True, num_items_in_batch=items)
        return loss, output

    def _laid_out(self, examples: FlatBatch) -> Any:
        return laid_out(examples, self._forward_pass(), self.layouts.pooling)

    @property
    def _embedding_subset_is_equivalent(self) -> bool:
        """Whether nothing in the trainer can tell an embedding subset from the full matrix."""
        is_fast = self.layouts.layout is not None and self.layouts.layout.is_fast
        is_known = getattr(self, "optimizer_cls_and_kwargs", None) is None and self.args.optim in OPTIMIZERS
        is_new = self.optimizer is None and self.model_init is not None
        return is_fast and is_known and is_new and all(map(ignores_weights, self.callback_handler.callbacks))

    # Evaluation

    @override
    def evaluation_loop(self, dataloader: DataLoader[Any], *args: Any, **kwargs: Any) -> EvalLoopOutput:
        output = self._evaluation_output(dataloader, *args, **kwargs)
        if self.is_in_train:
            self.best_epoch.record(self.state.global_step, output)
        return output

    def _evaluation_output(
        self,
        dataloader: DataLoader[Any],
        description: str,
        prediction_loss_only: bool | None = None,  # noqa: FBT001 - the signature is that of `Trainer`
        ignore_keys: list[str] | None = None,
        metric_key_prefix: str = "eval",
    ) -> EvalLoopOutput:
        self.embeddings.enlarge()
        split = dataloader.dataset
        if isinstance(split, TokenizedSplit) and not prediction_loss_only:
            return self._evaluate_by_length(split, ignore_keys, metric_key_prefix)
        return super().evaluation_loop(dataloader, description, prediction_loss_only, ignore_keys, metric_key_prefix)

    def _evaluate_by_length(self, split: TokenizedSplit, ignore_keys: list[str] | None, prefix: str) -> EvalLoopOutput:
        model = self._model_in_evaluation_mode()
        # A plain evaluation draws one random number for its loader's iterator. The numbers after it must be the same.
        torch.empty((), dtype=torch.int64).random_()
        limit = min(self.micro_batches.token_limit, tokens_per_part(self.args.device.type))

        def predict(indices: NDArray[np.int64]) -> tuple[float, NDArray[Any]]:
            with self._laid_out(split.flat(indices)) as inputs:
                loss, logits, _ = self.prediction_step(
                    model, inputs, prediction_loss_only=False, ignore_keys=ignore_keys
                )
            assert loss is not None
            assert isinstance(logits, torch.Tensor)
            found = loss.item(), logits.float().cpu().numpy()
            self.control = self.callback_handler.on_prediction_step(self.args, self.state, self.control)
            return found

        predictions, losses = predict_by_length(split.lengths, self.micro_batches.cost(limit), predict)
        labels = split.labels.numpy()
        metrics = self.compute_metrics(EvalPrediction(predictions, labels)) if self.compute_metrics else {}
        loss = mean_loss(losses, only_finite=self.args.logging_nan_inf_filter)
        return EvalLoopOutput(predictions, labels, prefixed({**metrics, "loss": loss}, prefix), len(split))

    def _model_in_evaluation_mode(self) -> Any:
        model: Any = self._bare_model
        if not self.accelerator._models:
            model = self.accelerator.prepare_model(model, evaluation_mode=True)
        model.train(mode=False)
        optimizer_eval = getattr(self.optimizer, "eval", None)  # of schedule-free optimizers
        if callable(optimizer_eval):
            optimizer_eval()
        return model

    # Saving

    @property
    def _keeps_best_in_memory(self) -> bool:
        """Whether a checkpoint on disk would serve the best epoch only."""
        arguments = self.args
        is_temporary = isinstance(arguments, GlueTrainingArguments) and arguments.output_dir == arguments.temporary_dir
        is_single = arguments.world_size == 1 and not self.is_deepspeed_enabled and not self.is_fsdp_enabled
        return is_temporary and is_single and arguments.save_strategy == "epoch"

    @override
    def _determine_best_metric(self, metrics: dict[str, float], trial: Any) -> bool:
        is_best: bool = super()._determine_best_metric(metrics=metrics, trial=trial)
        if is_best and self.args.load_best_model_at_end:
            needs_weights = self._keeps_best_in_memory and self.state.global_step < self.state.max_steps
            weights = SavedWeights.of(self._bare_model, self._output_dir) if needs_weights else None
            self.best_epoch.mark_last_as_best(weights)
        return is_best

    @override
    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        self.embeddings.enlarge()
        if self._keeps_best_in_memory:
            self._save_resume_state()
        else:
            super()._save_checkpoint(model, trial)

    @override
    def _load_best_model(self) -> None:
        self.embeddings.enlarge()
        super()._load_best_model()

    def _save_resume_state(self) -> None:
        """Save the state in place of the previous epoch's. A failure to write becomes a note."""
        target = self.resume_state
        if target is None or resume_obstacle(self) or self.state.global_step >= self.state.max_steps:
            return
        try:
            with target.saving(self.state.global_step) as folder:
                self.resumption.write(self, self._parts(), folder)
                self.best_epoch.write_weights(folder, self.state.global_step)
        except (OSError, RuntimeError) as error:  # torch raises a RuntimeError on a full disk
            reason = getattr(error, "strerror", None) or error
            target.note(f"was not saved after each epoch, since {target.folder} cannot be written ({reason})")

    @override
    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:
        if self.resumption.folder is None:
            super()._load_from_checkpoint(resume_from_checkpoint, model)
        else:
            self.resumption.load_weights(self._bare_model)

    def _parts(self) -> dict[str, Any]:
        return {
            "layouts": self.layouts.state_dict(),
            "micro_batches": self.micro_batches.state_dict(),
            "embeddings": self.embeddings.state_dict(),
            "best_epoch": self.best_epoch.state_dict(),
        }

    def _load_parts(self, parts: dict[str, Any]) -> None:
        assert self.resumption.folder
        self.layouts.load_state_dict(parts["layouts"])
        self.micro_batches.load_state_dict(parts["micro_batches"])
        self.embeddings.load_state_dict(parts["embeddings"])
        self.best_epoch.load_state_dict(parts["best_epoch"], self.resumption.folder / MODEL, self._output_dir)

    @property
    def _output_dir(self) -> Path:
        return Path(self.args.output_dir or "")
