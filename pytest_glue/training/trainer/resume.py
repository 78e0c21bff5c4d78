"""Saves the whole state of a training after each epoch, and loads it to resume the training."""

import time
from pathlib import Path
from typing import Any

import torch
from transformers import Trainer
from transformers.trainer import TRAINER_STATE_NAME

from pytest_glue.training.trainer.resume_state import ResumeState

MODEL = "model.pt"
"""File of the weights. They are saved as they are, since transformers may convert those of a checkpoint."""

_PARTS = "parts.pt"
"""File of the state of the trainer's parts."""


class Resumption:
    """What the current training was resumed from, and how long it has taken."""

    def __init__(self) -> None:
        self.folder: Path | None = None
        """The state from which the current training was resumed; None if it was not."""
        self.seconds_before = 0.0
        """How long the training had taken when it was interrupted; 0 if it was not."""
        self._start = 0.0

    def begin(self, target: ResumeState | None, obstacle: str) -> dict[str, Any] | None:
        """Start the clock, and return the saved state of the trainer's parts; None if there is none.

        Args:
            target: of the run; None if it is neither resumed nor saved.
            obstacle: why a resumed training would not be the same; empty if it would.
        """
        self._start, self.seconds_before, self.folder = time.perf_counter(), 0.0, None
        if target is None:
            return None
        if obstacle:
            target.note(f"cannot be resumed if it is interrupted, since {obstacle}")
            return None
        self.folder = target.find()
        if self.folder is None:
            return None
        saved: dict[str, Any] = torch.load(self.folder / _PARTS, weights_only=True)
        self.seconds_before = saved["seconds"]
        target.note(f"resumed after epoch {saved['epoch']:g}, where it had been interrupted")
        parts: dict[str, Any] = saved["parts"]
        return parts

    def write(self, trainer: Trainer, parts: dict[str, Any], folder: Path) -> None:
        """Write all that the rest of the training depends on into a folder.

        Args:
            trainer: at the end of an epoch.
            parts: state of its parts.
            folder: exists and is empty.
        """
        assert isinstance(trainer.model, torch.nn.Module)
        seconds = self.seconds_before + time.perf_counter() - self._start
        torch.save(trainer.model.state_dict(), folder / MODEL)
        torch.save({"seconds": seconds, "epoch": trainer.state.epoch, "parts": parts}, folder / _PARTS)
        trainer._save_optimizer_and_scheduler(str(folder))
        trainer._save_scaler(str(folder))
        trainer._save_rng_state(str(folder))
        trainer.state.save_to_json(str(folder / TRAINER_STATE_NAME))

    def load_weights(self, model: torch.nn.Module) -> None:
        """Load the saved weights into the model."""
        assert self.folder
        model.load_state_dict(torch.load(self.folder / MODEL, map_location="cpu", weights_only=True))


def resume_obstacle(trainer: Trainer) -> str:
    """Return why a resumed training would not be the same; empty if it would."""
    arguments = trainer.args
    reasons = {
        "the recipe does not save and log by epoch": arguments.save_strategy != "epoch"
        or arguments.logging_strategy != "epoch",
        "several devices share a batch": arguments.n_gpu > 1 or arguments.world_size > 1,
        "DeepSpeed or FSDP runs the model": trainer.is_deepspeed_enabled or trainer.is_fsdp_enabled,
    }
    return next((reason for reason, holds in reasons.items() if holds), "")
