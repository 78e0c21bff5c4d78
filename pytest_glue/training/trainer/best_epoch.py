"""Weights: the best epoch's, kept while the training goes on."""

import shutil
from pathlib import Path
from typing import Any, Self

import numpy as np
import psutil
import torch
from transformers.trainer_utils import EvalLoopOutput

Weights = dict[str, torch.Tensor]
_FILE = "best.pt"


class SavedWeights:
    """A copy of a model's weights, in memory where it takes less than half of what is free, or else in a folder."""

    def __init__(self, weights: Weights | Path) -> None:
        self._weights = weights

    @classmethod
    def of(cls, model: torch.nn.Module, folder: Path) -> Self:
        """Return a copy of the model's weights as they are now."""
        state = model.state_dict()
        size = sum(tensor.numel() * tensor.element_size() for tensor in state.values())
        if size < psutil.virtual_memory().available / 2:
            return cls({name: tensor.detach().to("cpu", copy=True) for name, tensor in state.items()})
        file = folder / _FILE
        folder.mkdir(parents=True, exist_ok=True)
        torch.save(state, file)
        return cls(file)

    @classmethod
    def copied(cls, file: Path, folder: Path) -> Self:
        """Return the weights of a file that will not stay, as a copy in a folder that does."""
        folder.mkdir(parents=True, exist_ok=True)
        return cls(shutil.copyfile(file, folder / _FILE))

    def write(self, file: Path) -> None:
        """Write the weights into a file."""
        if isinstance(self._weights, Path):
            shutil.copyfile(self._weights, file)
        else:
            torch.save(self._weights, file)

    def restore(self, model: torch.nn.Module) -> None:
        """Put the weights back into the model."""
        kept = self._weights
        model.load_state_dict(torch.load(kept, weights_only=True) if isinstance(kept, Path) else kept)


def plain_output(output: EvalLoopOutput) -> dict[str, Any]:
    """Return an evaluation's output as `torch.load(weights_only=True)` gives it back."""
    metrics = {name: float(value) for name, value in (output.metrics or {}).items()}
    return {
        "predictions": _tensors(output.predictions),
        "label_ids": _tensors(output.label_ids),
        "metrics": metrics,
        "num_samples": output.num_samples,
    }


def output_of(plain: dict[str, Any]) -> EvalLoopOutput:
    """Inverse of `plain_output`."""
    return EvalLoopOutput(
        _arrays(plain["predictions"]), _arrays(plain["label_ids"]), plain["metrics"], plain["num_samples"]
    )


def _tensors(value: Any) -> Any:
    if value is None or isinstance(value, tuple | list):
        return None if value is None else tuple(map(_tensors, value))
    return torch.from_numpy(np.ascontiguousarray(value))


def _arrays(value: Any) -> Any:
    if value is None or isinstance(value, tuple):
        return None if value is None else tuple(map(_arrays, value))
    return value.numpy()
