"""A trainer that evaluates examples in the order of their lengths, in parts that fill what a device computes well."""

from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader
from transformers.trainer_utils import EvalLoopOutput, EvalPrediction, denumpify_detensorize

from pytest_glue.training.trainer.device_memory import free_memory, is_out_of_memory
from pytest_glue.training.trainer.flat_batch import TokenizedSplit
from pytest_glue.training.trainer.micro_batches import MicroBatchTrainer, filled

_TOKENS = {"cpu": 4096}
_TOKENS_ELSEWHERE = 32768


class LengthSortedEvalTrainer(MicroBatchTrainer):
    """A `MicroBatchTrainer` with as little padding in an evaluation; predictions are in the order of the examples."""

    def evaluation_loop(
        self,
        dataloader: DataLoader[Any],
        description: str,
        prediction_loss_only: bool | None = None,  # noqa: FBT001 - as in `Trainer`
        ignore_keys: list[str] | None = None,
        metric_key_prefix: str = "eval",
    ) -> EvalLoopOutput:
        """See `Trainer`."""
        columns = dataloader.dataset
        if isinstance(columns, TokenizedSplit) and not prediction_loss_only:
            return self._evaluated_by_length(columns, ignore_keys, metric_key_prefix)
        return super().evaluation_loop(dataloader, description, prediction_loss_only, ignore_keys, metric_key_prefix)

    def _evaluated_by_length(
        self, columns: TokenizedSplit, ignore_keys: list[str] | None, prefix: str
    ) -> EvalLoopOutput:
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
        limit = min(self._limit, _TOKENS.get(self.args.device.type, _TOKENS_ELSEWHERE))
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
