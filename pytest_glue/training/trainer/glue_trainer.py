"""The trainer of an item: a `Trainer` that computes no padding, evaluates once and writes nothing."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from torch.utils.data import DataLoader
from transformers.trainer_utils import EvalLoopOutput

from pytest_glue.training.trainer.best_epoch import SavedWeights, output_of, plain_output
from pytest_glue.training.trainer.resume import MODEL
from pytest_glue.training.trainer.sparse_embeddings import SparseEmbeddingTrainer

SCRATCH = "pytest-glue-"
"""Begins the name of a folder that goes away with its item: what is saved there, nobody will read."""

_BEST = "best.pt"


@dataclass(frozen=True, slots=True)
class _Seen:
    """An evaluation, the step that it was made at, and the weights that made it where they are still needed."""

    step: int
    output: EvalLoopOutput
    weights: SavedWeights | None = None


class GlueTrainer(SparseEmbeddingTrainer):
    """A `Trainer` with the same examples in each update, laid out for speed; what it cannot speed up, it leaves.

    Each class that it comes from adds one thing; this one keeps the best epoch, its weights and its predictions.

    Args:
        *args: as for `PaddingFreeTrainer`.
        **kwargs: as for `PaddingFreeTrainer`.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._seen: _Seen | None = None
        self._best: _Seen | None = None
        super().__init__(*args, **kwargs)

    def __getstate__(self) -> dict[str, Any]:
        """Return what makes the trainer, without what it can make again."""
        return {**super().__getstate__(), "_seen": None, "_best": None}

    @property
    def outcome(self) -> EvalLoopOutput | None:
        """What the weights that `train` ended with predict for the evaluation examples; None where it is not known."""
        if self.args.load_best_model_at_end:
            best_is_loaded = self._keeps_in_memory or self.state.best_model_checkpoint
            return self._best.output if self._best and best_is_loaded else None
        return self._seen.output if self._seen and self._seen.step == self.state.global_step else None

    def train(self, *args: Any, **kwargs: Any) -> Any:
        """See `Trainer`; the best epoch's weights come from memory."""
        self._seen, self._best = None, None
        result = super().train(*args, **kwargs)
        self._restore_best()
        return result

    def evaluation_loop(self, dataloader: DataLoader[Any], *args: Any, **kwargs: Any) -> EvalLoopOutput:
        """See `Trainer`; what is seen while it trains is kept."""
        output = super().evaluation_loop(dataloader, *args, **kwargs)
        if self.is_in_train:
            self._seen = _Seen(self.state.global_step, output)
        return output

    def evaluate_extra(self, examples: Dataset) -> EvalLoopOutput:
        """Return what the model predicts for other examples; a training goes on as if nothing had been evaluated."""
        with torch.random.fork_rng():
            # Not the evaluation's loader, which can be one that is kept for its own examples.
            return super().evaluation_loop(self.get_test_dataloader(examples), "Evaluation beside")

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
            weights = SavedWeights.of(self._network, Path(self.args.output_dir or "")) if goes_on else None
            self._best = _Seen(self._seen.step, self._seen.output, weights)
        return is_best

    def _restore_best(self) -> None:
        if self._best and self._best.weights:
            self._best.weights.restore(self._network)
            self._best = _Seen(self._best.step, self._best.output)

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        """Called by the trainer where the recipe says that it saves."""
        if self._keeps_in_memory:
            self.save_resume_state()
        else:
            super()._save_checkpoint(model, trial)

    # A run that was stopped

    def _write_state(self, folder: Path) -> None:
        """See `ResumableTrainer`; the best epoch's weights have a file where they are not the model's."""
        super()._write_state(folder)
        if self._best and self._best.weights and self._best.step != self.state.global_step:
            self._best.weights.write(folder / _BEST)

    def _resume_state_dict(self) -> dict[str, Any]:
        """See `ResumableTrainer`: the best epoch."""
        best = {"step": self._best.step, **plain_output(self._best.output)} if self._best else None
        return {**super()._resume_state_dict(), "best": best}

    def _load_resume_state(self, held: dict[str, Any]) -> None:
        """See `ResumableTrainer`."""
        super()._load_resume_state(held)
        if (best := held["best"]) is not None and (folder := self._state_folder) is not None:
            file = folder / _BEST if (folder / _BEST).exists() else folder / MODEL
            weights = SavedWeights.copied(file, Path(self.args.output_dir or ""))
            self._best = _Seen(best["step"], output_of(best), weights)
