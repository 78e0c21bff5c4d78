"""The trainer of an item: a `Trainer` that computes no padding, evaluates once and writes nothing."""

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from datasets import Dataset
from torch.utils.data import DataLoader
from transformers.trainer_utils import EvalLoopOutput, EvalPrediction, denumpify_detensorize

from pytest_glue.batching import Batching
from pytest_glue.finetune.columns import Columns
from pytest_glue.finetune.flat import LENGTHS, Flat
from pytest_glue.finetune.memory import free_memory, is_out_of_memory, wait
from pytest_glue.finetune.outputs import output_of, plain_output
from pytest_glue.finetune.partition import filled, partition
from pytest_glue.finetune.resumable import MODEL
from pytest_glue.finetune.sparing import SparingTrainer
from pytest_glue.finetune.weights import KeptWeights

SCRATCH = "pytest-glue-"
"""Begins the name of a folder that goes away with its item: what is saved there, nobody will read."""

_BEST = "best.pt"
_EVALUATION_TOKENS = {"cpu": 4096}
_EVALUATION_TOKENS_ELSEWHERE = 32768


@dataclass(frozen=True, slots=True)
class _Seen:
    """An evaluation, the step that it was made at, and the weights that made it where they are still needed."""

    step: int
    output: EvalLoopOutput
    weights: KeptWeights | None = None


class GlueTrainer(SparingTrainer):
    """A `Trainer` with the same examples in each update, laid out for speed; what it cannot speed up, it leaves.

    Args:
        *args: as for `SparingTrainer`.
        **kwargs: as for `SparingTrainer`.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._seen: _Seen | None = None
        self._best: _Seen | None = None
        self._pending: list[tuple[dict[str, Any], Any]] = []
        self._limit = float("inf")
        self._share = 1.0
        self._last_loss: torch.Tensor | None = None
        super().__init__(*args, **kwargs)

    def __getstate__(self) -> dict[str, Any]:
        """Return what makes the trainer, without what it can make again."""
        return {**super().__getstate__(), "_seen": None, "_best": None, "_pending": []}

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of the evaluation should know: how batches were laid out, and what did not fit."""
        halved = f"out of memory: batches are computed in parts of at most {self._limit:.0f} tokens"
        return (*((self._layout.note,) if self._layout else ()), *((halved,) if np.isfinite(self._limit) else ()))

    @property
    def last_loss(self) -> float | None:
        """The last batch's loss, for which a device that computes ahead is waited for; None before the first one."""
        steps = self.args.gradient_accumulation_steps  # by which `Trainer` divides each of them
        return None if self._last_loss is None else self._last_loss.item() * steps

    @property
    def outcome(self) -> EvalLoopOutput | None:
        """What the weights that `train` ended with predict for the evaluation examples; None where it is not known."""
        if self.args.load_best_model_at_end:
            best_is_loaded = self._keeps_in_memory or self.state.best_model_checkpoint
            return self._best.output if self._best and best_is_loaded else None
        return self._seen.output if self._seen and self._seen.step == self.state.global_step else None

    def train(self, *args: Any, **kwargs: Any) -> Any:
        """See `Trainer`; the best epoch's weights come from memory."""
        self._begin()
        result = super().train(*args, **kwargs)
        if self._best and self._best.weights:
            self._best.weights.restore(self._network)
            self._best = _Seen(self._best.step, self._best.output)
        return result

    def _begin(self) -> None:
        self._layout, self._seen, self._best, self._pending, self._last_loss = None, None, None, [], None

    # Training

    def compute_loss(self, model: Any, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """See `Trainer`; the loss of a part counts by its share of the batch's examples."""
        loss = super().compute_loss(model, inputs, *args, **kwargs)
        if self._share == 1:
            return loss
        return (loss[0] * self._share, *loss[1:]) if isinstance(loss, tuple) else loss * self._share

    def training_step(self, model: Any, inputs: dict[str, Any], num_items_in_batch: Any = None) -> torch.Tensor:
        """See `Trainer`; where the memory is too small, the parts of a batch are halved, and it is computed again."""
        if LENGTHS not in inputs:
            self._last_loss = super().training_step(model, inputs, num_items_in_batch)
            return self._last_loss
        model.train()  # an evaluation left it at rest, and what lays a batch out looks at that
        self._pending.append((inputs, num_items_in_batch))
        again = self._pending[-1:]
        while True:
            try:
                loss = [self._accumulate(model, *batch) for batch in again][-1]
                break
            except RuntimeError as error:
                if not is_out_of_memory(error) or not self._halve():
                    raise
            # What the part left in the gradients cannot be told from the rest: the update begins anew.
            model.zero_grad()
            free_memory()
            again = self._pending
        if self.accelerator.sync_gradients:
            self._pending.clear()
        self._last_loss = loss
        return loss

    def _accumulate(self, model: Any, inputs: dict[str, Any], items: Any) -> torch.Tensor:
        """Add the gradients of a batch, and return its loss."""
        flat = Flat.of(inputs)
        if self._fixed is None:
            self._fixed = 0.0  # and so it stays if the memory is too small for the measurement
            self._measure(model, flat, items)
        weighs = self._layout is None or self._layout.weighs
        losses = []
        for chosen in partition(flat.lengths, self._cost(self._limit)):
            self._part = flat.part(chosen)
            share = len(self._part) / len(flat) if weighs else 1.0
            losses.append(self._accumulate_part(model, self._part, share, items))
        return torch.stack(losses).sum()

    def _accumulate_part(self, model: Any, part: Flat, share: float, items: Any) -> torch.Tensor:
        self._share = share
        try:
            with self._laid_out(part) as inputs:
                return super().training_step(model, inputs, items)
        finally:
            self._share = 1.0

    def _measure(self, model: Any, flat: Flat, items: Any) -> None:
        """Find out what a part costs; gradients and random states are left as they are."""
        with torch.random.fork_rng():
            if self._layout and self._is_packed:
                if not self._times_packing:
                    return
                fast, seconds, reason = (
                    self._layout,
                    self._seconds(model, flat, items),
                    "padding is faster on this device",
                )
                self._layout = replace(fast, batching=Batching.MICRO, reason=reason)
                if seconds <= self._seconds(model, flat, items):
                    self._layout = fast
                    return
                self._slow_packing = reason
            small = flat.part(slice(0, max(len(flat) // 4, 1)))
            times = [self._seconds(model, part, items) for part in (small, flat)]
        sizes = [self._cost(0).tokens(part.lengths) for part in (small, flat)]
        rate = (times[1] - times[0]) / max(sizes[1] - sizes[0], 1)
        self._fixed = max(times[0] / rate - sizes[0], 0.0) if rate > 0 else float("inf")

    def _seconds(self, model: Any, part: Flat, items: Any) -> float:
        """Return how long a part takes, the second time."""
        self._part = part
        for _ in range(2):
            start = time.perf_counter()
            self._accumulate_part(model, part, 1.0, items)
            wait()
        seconds = time.perf_counter() - start
        model.zero_grad()
        return seconds

    @property
    def _times_packing(self) -> bool:
        """Whether packing is used only where it is seen to be faster: many small kernels can be slow on a device."""
        return self._batching is Batching.AUTO and self.args.device.type != "cpu"

    def _halve(self) -> bool:
        """Allow parts half as large as the one that did not fit; False for a single example, which has no half."""
        self._limit = self._cost(0).tokens(self._part.lengths) / 2
        return len(self._part) > 1

    # Evaluation

    def evaluation_loop(
        self,
        dataloader: DataLoader[Any],
        description: str,
        prediction_loss_only: bool | None = None,  # noqa: FBT001 - as in `Trainer`
        ignore_keys: list[str] | None = None,
        metric_key_prefix: str = "eval",
    ) -> EvalLoopOutput:
        """See `Trainer`; examples are evaluated in the order of their lengths."""
        columns = dataloader.dataset
        if isinstance(columns, Columns) and not prediction_loss_only:
            self._enlarge()
            output = self._evaluated_by_length(columns, ignore_keys, metric_key_prefix)
        else:
            output = super().evaluation_loop(
                dataloader, description, prediction_loss_only, ignore_keys, metric_key_prefix
            )
        if self.is_in_train:
            self._seen = _Seen(self.state.global_step, output)
        return output

    def evaluated_beside(self, examples: Dataset) -> EvalLoopOutput:
        """Return what the model predicts for other examples; a training goes on as if nothing had been evaluated."""
        seen = self._seen
        with torch.random.fork_rng():
            # Not the evaluation's loader, which can be one that is kept for its own examples.
            output = self.evaluation_loop(self.get_test_dataloader(examples), "Evaluation beside")
        self._seen = seen
        return output

    def _evaluated_by_length(self, columns: Columns, ignore_keys: list[str] | None, prefix: str) -> EvalLoopOutput:
        model = self._network
        if not self.accelerator._models:
            model = self.accelerator.prepare_model(model, evaluation_mode=True)
        model.train(mode=False)
        rests = getattr(self.optimizer, "eval", None)  # of schedule-free optimizers
        if callable(rests):
            rests()
        # A DataLoader's iterator draws one number: the training goes on with the random numbers of a plain one.
        torch.empty((), dtype=torch.int64).random_()
        order = np.argsort(columns.lengths, kind="stable")
        limit = min(self._limit, _EVALUATION_TOKENS.get(self.args.device.type, _EVALUATION_TOKENS_ELSEWHERE))
        waiting = filled(columns.lengths[order].tolist(), self._cost(limit))[::-1]
        losses, logits = np.zeros(len(columns), np.float32), []
        while waiting:
            chosen = waiting.pop()
            places = order[chosen]
            try:
                with self._laid_out(columns.flat(places)) as inputs:
                    loss, output, _ = self.prediction_step(
                        model, inputs, prediction_loss_only=False, ignore_keys=ignore_keys
                    )
            except RuntimeError as error:
                if not is_out_of_memory(error) or len(places) == 1:
                    raise
                middle = chosen.start + len(places) // 2
                waiting += [slice(middle, chosen.stop), slice(chosen.start, middle)]
                free_memory()
                continue
            assert loss is not None
            assert output is not None
            losses[places] = loss.item()
            logits.append(output.float().cpu().numpy())
            self.control = self.callback_handler.on_prediction_step(self.args, self.state, self.control)
        found = np.concatenate(logits)
        predictions = np.empty_like(found)
        predictions[order] = found
        labels = columns.labels.numpy()
        metrics = self._metrics(predictions, labels, losses)
        prefixed = {name if name.startswith(f"{prefix}_") else f"{prefix}_{name}": metrics[name] for name in metrics}
        return EvalLoopOutput(predictions, labels, prefixed, len(columns))

    def _metrics(self, predictions: Any, labels: Any, losses: Any) -> dict[str, float]:
        metrics: dict[str, Any] = {}
        if self.compute_metrics is not None:
            metrics = self.compute_metrics(EvalPrediction(predictions, labels))
        finite = np.isfinite(losses)
        if self.args.logging_nan_inf_filter and finite.any():
            losses = losses[finite]
        plain: dict[str, float] = denumpify_detensorize({**metrics, "loss": losses.mean()})  # type: ignore[no-untyped-call]
        return plain

    # The best epoch

    @property
    def _keeps_in_memory(self) -> bool:
        """Whether what is saved would serve the best epoch alone: the notebook's way, in a folder that goes away."""
        arguments = self.args
        scratch = Path(arguments.output_dir or "").name.startswith(SCRATCH)
        alone = arguments.world_size == 1 and not self.is_deepspeed_enabled and not self.is_fsdp_enabled
        return scratch and alone and arguments.save_strategy == "epoch"

    def _determine_best_metric(self, metrics: dict[str, float], trial: Any) -> bool:
        """Called by the trainer after each evaluation, to say whether it is the best so far."""
        is_best: bool = super()._determine_best_metric(metrics=metrics, trial=trial)
        if is_best and self.args.load_best_model_at_end and self._seen:
            goes_on = self._keeps_in_memory and self.state.global_step < self.state.max_steps
            weights = KeptWeights.of(self._network, Path(self.args.output_dir or "")) if goes_on else None
            self._best = _Seen(self._seen.step, self._seen.output, weights)
        return is_best

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        """Called by the trainer where the recipe says that it saves."""
        if self._keeps_in_memory:
            self._enlarge()
            self.save_unfinished()
        else:
            super()._save_checkpoint(model, trial)

    # A run that was stopped

    def _held(self, folder: Path) -> dict[str, Any]:
        """See `ResumableTrainer`: what was measured, and the best epoch; its weights are the model's or have a file."""
        measured = {"fixed": self._fixed, "limit": self._limit, "slow_packing": self._slow_packing}
        measured["sparing"] = self._vocabulary is not None
        if self._best is None:
            return {**measured, "best": None}
        if self._best.weights and self._best.step != self.state.global_step:
            self._best.weights.write(folder / _BEST)
        return {**measured, "best": {"step": self._best.step, **plain_output(self._best.output)}}

    def _take(self, held: dict[str, Any], folder: Path) -> None:
        """See `ResumableTrainer`."""
        self._fixed, self._limit, self._slow_packing = held["fixed"], held["limit"], held["slow_packing"]
        self._was_sparing = held["sparing"]
        if (best := held["best"]) is not None:
            file = folder / _BEST if (folder / _BEST).exists() else folder / MODEL
            weights = KeptWeights.copied(file, Path(self.args.output_dir or ""))
            self._best = _Seen(best["step"], output_of(best), weights)
