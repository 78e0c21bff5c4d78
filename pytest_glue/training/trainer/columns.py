"""Columns: a tokenized split as flat tensors in memory, read once instead of example by example."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from datasets import Dataset
from numpy.typing import NDArray

from pytest_glue.training.trainer.flat_batch import Flat

TOKENS = frozenset({"input_ids", "token_type_ids", "attention_mask"})
LABELS = frozenset({"label", "labels", "label_ids"})


@dataclass(frozen=True, eq=False, slots=True)
class Columns:
    """A split whose items are positions, for a `DataLoader` whose collator is `batch`."""

    tokens: Mapping[str, torch.Tensor]
    """By column, the values of all examples end to end."""
    starts: NDArray[np.int64]
    lengths: NDArray[np.int64]
    labels: torch.Tensor

    @classmethod
    def of(cls, split: Dataset, accepted: Collection[str]) -> "Columns | str":
        """Return the columns that the model takes, or the reason why they cannot be laid end to end."""
        names = [name for name in split.column_names if name in accepted]
        tokens, labels = [name for name in names if name in TOKENS], [name for name in names if name in LABELS]
        others = sorted(set(names) - TOKENS - LABELS)
        if others or len(labels) != 1 or "input_ids" not in tokens or not len(split):
            return f"the columns are {', '.join(sorted(names)) or 'none'}"
        table = split.with_format("arrow")[:]
        flat = {name: table[name].combine_chunks() for name in tokens}
        sizes = [np.diff(column.offsets.to_numpy()) for column in flat.values()]
        if any(not np.array_equal(sizes[0], other) for other in sizes[1:]):
            return "the columns differ in length"
        values = {name: torch.from_numpy(_integers(column.flatten())) for name, column in flat.items()}
        if not bool(values.pop("attention_mask", torch.ones(1)).all()):
            return "the attention mask hides tokens"
        targets = torch.tensor(table[labels[0]].to_numpy())
        lengths = sizes[0].astype(np.int64)
        # As the default collator: whole numbers are classes, any others are float32.
        labels_ = targets.long() if not targets.is_floating_point() else targets.float()
        return cls(values, np.cumsum(lengths) - lengths, lengths, labels_)

    def __len__(self) -> int:
        return len(self.lengths)

    def __getitem__(self, position: int) -> int:
        return position

    def batch(self, positions: Sequence[int]) -> dict[str, Any]:
        """Return the examples at the positions as the inputs of a batch, shortest first."""
        return self.flat(positions).to_inputs()

    def flat(self, positions: Sequence[int] | NDArray[np.int64]) -> Flat:
        """Return the examples at the positions, shortest first."""
        chosen = np.asarray(positions, np.int64)
        chosen = chosen[np.argsort(self.lengths[chosen], kind="stable")]
        lengths = self.lengths[chosen]
        shifts = np.repeat(self.starts[chosen] - (np.cumsum(lengths) - lengths), lengths)
        places = torch.from_numpy(shifts + np.arange(len(shifts)))
        tokens = {name: values[places] for name, values in self.tokens.items()}
        return Flat(tokens, tuple(lengths.tolist()), self.labels[torch.from_numpy(chosen)])


def _integers(values: Any) -> NDArray[np.int64]:
    return np.asarray(values.to_numpy(zero_copy_only=False)).astype(np.int64)
