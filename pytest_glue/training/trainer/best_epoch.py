"""The best epoch of a training: its output, and its weights while they are needed."""

import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import psutil
import torch
from transformers.trainer_utils import EvalLoopOutput

_FILE = "best.pt"


class SavedWeights:
    """A copy of a model's weights: in memory if it takes less than half of the free memory, else in a file."""

    def __init__(self, weights: dict[str, torch.Tensor] | Path) -> None:
        self._weights = weights

    @classmethod
    def of(cls, model: torch.nn.Module, folder: Path) -> Self:
        """Copy the model's current weights. The folder is for a copy that does not fit into memory."""
        state = model.state_dict()
        size = sum(tensor.numel() * tensor.element_size() for tensor in state.values())
        if size < psutil.virtual_memory().available / 2:
            return cls({name: tensor.detach().to("cpu", copy=True) for name, tensor in state.items()})
        file = folder / _FILE
        folder.mkdir(parents=True, exist_ok=True)
        torch.save(state, file)
        return cls(file)

    @classmethod
    def copy_file(cls, file: Path, folder: Path) -> Self:
        """Copy a file of weights that will be deleted into the folder."""
        folder.mkdir(parents=True, exist_ok=True)
        return cls(shutil.copyfile(file, folder / _FILE))

    def write(self, file: Path) -> None:
        if isinstance(self._weights, Path):
            shutil.copyfile(self._weights, file)
        else:
            torch.save(self._weights, file)

    def restore(self, model: torch.nn.Module) -> None:
        """Load the weights into the model."""
        weights = self._weights
        model.load_state_dict(torch.load(weights, weights_only=True) if isinstance(weights, Path) else weights)


@dataclass(frozen=True, slots=True)
class EpochOutput:
    """The output of an evaluation during a training."""

    step: int
    output: EvalLoopOutput
    weights: SavedWeights | None = None
    """The model's, if they have to be restored at the end."""


class BestEpoch:
    """The outputs of the last and of the best evaluation of the current training."""

    def __init__(self) -> None:
        self.reset()

    def __getstate__(self) -> dict[str, Any]:
        return {"last": None, "best": None}

    def reset(self) -> None:
        self.last: EpochOutput | None = None
        self.best: EpochOutput | None = None

    def record(self, step: int, output: EvalLoopOutput) -> None:
        """Record an evaluation."""
        self.last = EpochOutput(step, output)

    def mark_last_as_best(self, weights: SavedWeights | None) -> None:
        """Make the last evaluation the best one, if there is one."""
        if self.last:
            self.best = replace(self.last, weights=weights)

    def restore(self, model: torch.nn.Module) -> None:
        """Load the best epoch's weights into the model and drop the copy, if there is one."""
        if self.best and self.best.weights:
            self.best.weights.restore(model)
            self.best = replace(self.best, weights=None)

    def state_dict(self) -> dict[str, Any]:
        """Return the best evaluation without its weights."""
        return {"step": self.best.step, **_to_plain(self.best.output)} if self.best else {}

    def write_weights(self, folder: Path, step: int) -> None:
        """Write the best epoch's weights into a folder, unless they are those of the step, which has its own file."""
        if self.best and self.best.weights and self.best.step != step:
            self.best.weights.write(folder / _FILE)

    def load_state_dict(self, state: dict[str, Any], weights_file: Path, output_dir: Path) -> None:
        """Restore what `state_dict` and `write_weights` saved.

        Args:
            state: from `state_dict`.
            weights_file: weights of the step at which the state was saved; the best epoch has a file next to it.
            output_dir: folder for the copy of the weights.
        """
        if state:
            best_file = weights_file.with_name(_FILE)
            weights = SavedWeights.copy_file(best_file if best_file.exists() else weights_file, output_dir)
            self.best = EpochOutput(state["step"], _from_plain(state), weights)


def _to_plain(output: EvalLoopOutput) -> dict[str, Any]:
    """Return the output as values that `torch.load(weights_only=True)` can read."""
    return {
        "predictions": _to_tensors(output.predictions),
        "label_ids": _to_tensors(output.label_ids),
        "metrics": {name: float(value) for name, value in (output.metrics or {}).items()},
        "num_samples": output.num_samples,
    }


def _from_plain(plain: dict[str, Any]) -> EvalLoopOutput:
    predictions, labels = _to_arrays(plain["predictions"]), _to_arrays(plain["label_ids"])
    return EvalLoopOutput(predictions, labels, plain["metrics"], plain["num_samples"])


def _to_tensors(value: Any) -> Any:
    if value is None or isinstance(value, tuple | list):
        return None if value is None else tuple(map(_to_tensors, value))
    return torch.from_numpy(np.ascontiguousarray(value))


def _to_arrays(value: Any) -> Any:
    if value is None or isinstance(value, tuple):
        return None if value is None else tuple(map(_to_arrays, value))
    return value.numpy()
