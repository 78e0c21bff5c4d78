"""Weights: the best epoch's, kept while the training goes on."""

import shutil
from pathlib import Path
from typing import Self

import psutil
import torch

Weights = dict[str, torch.Tensor]

_FILE = "best.pt"


class KeptWeights:
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
