"""A trainer that saves its whole state after each epoch, and goes on from it as if it had never been stopped."""

import time
from pathlib import Path
from typing import Any

import torch
from transformers import Trainer
from transformers.trainer import TRAINER_STATE_NAME

from pytest_glue.training.trainer.resume_state import ResumeState

MODEL = "model.pt"
"""The file of the weights in a state."""

_HELD = "held.pt"


class ResumableTrainer(Trainer):
    """A `Trainer` whose training can be unfinished: optimizer, schedule and random states are saved as `Trainer` does.

    The weights are saved as they are, since transformers may store a checkpoint's in another form than the model's.
    What a subclass holds beside them, it adds in `_resume_state_dict`, and is given in `_load_resume_state`.
    """

    resume_state: ResumeState | None = None
    """Where the next training's states are; None where nothing is saved."""
    seconds_before: float = 0.0
    """How long the training took before it was stopped; 0 where it was not."""
    _state_folder: Path | None = None
    _start = 0.0

    def train(self, *args: Any, **kwargs: Any) -> Any:
        """See `Trainer`; goes on where the run was stopped."""
        self._start, self.seconds_before, self._state_folder = time.perf_counter(), 0.0, None
        if self.resume_state is not None:
            if reason := self._why_not_resumable():
                self.resume_state.note(f"could not go on if it were stopped, since {reason}")
            else:
                self._state_folder = self.resume_state.find()
        if self.resume_state is None or self._state_folder is None:
            return super().train(*args, **kwargs)
        held = torch.load(self._state_folder / _HELD, weights_only=True)
        self.seconds_before = held["seconds"]
        self._load_resume_state(held["own"])
        self.resume_state.note(f"went on after epoch {held['epoch']:g}, where it had been stopped")
        return super().train(*args, **{**kwargs, "resume_from_checkpoint": str(self._state_folder)})

    def save_resume_state(self) -> None:
        """Save all that the rest of the training depends on, in place of the epoch's before; a note says where not."""
        if self.resume_state is None or self._why_not_resumable() or self.state.global_step >= self.state.max_steps:
            return
        try:
            with self.resume_state.saving(self.state.global_step) as folder:
                self._write_state(folder)
        except (OSError, RuntimeError) as error:  # torch raises the latter where a disk is full
            reason = getattr(error, "strerror", None) or error
            self.resume_state.note(
                f"was not saved after each epoch, since {self.resume_state.folder} cannot be written ({reason})"
            )

    def _write_state(self, folder: Path) -> None:
        assert isinstance(self.model, torch.nn.Module)
        seconds = self.seconds_before + time.perf_counter() - self._start
        torch.save(self.model.state_dict(), folder / MODEL)
        torch.save({"seconds": seconds, "epoch": self.state.epoch, "own": self._resume_state_dict()}, folder / _HELD)
        self._save_optimizer_and_scheduler(str(folder))
        self._save_scaler(str(folder))
        self._save_rng_state(str(folder))
        self.state.save_to_json(str(folder / TRAINER_STATE_NAME))

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:
        """Called by the trainer before it goes on."""
        if self._state_folder is None:
            super()._load_from_checkpoint(resume_from_checkpoint, model)
            return
        assert isinstance(self.model, torch.nn.Module)
        self.model.load_state_dict(torch.load(self._state_folder / MODEL, map_location="cpu", weights_only=True))

    def _why_not_resumable(self) -> str:
        """Return why a training that goes on would not be the same; empty where it would."""
        arguments = self.args
        reasons = {
            "the recipe does not save and log by epoch": arguments.save_strategy != "epoch"
            or arguments.logging_strategy != "epoch",
            "several devices share a batch": arguments.n_gpu > 1 or arguments.world_size > 1,
            "DeepSpeed or FSDP runs the model": self.is_deepspeed_enabled or self.is_fsdp_enabled,
        }
        return next((reason for reason, holds in reasons.items() if holds), "")

    def _resume_state_dict(self) -> dict[str, Any]:
        """Return what the trainer holds, as plain values and tensors."""
        return {}

    def _load_resume_state(self, held: dict[str, Any]) -> None:
        """Take back what `_resume_state_dict` returned."""
