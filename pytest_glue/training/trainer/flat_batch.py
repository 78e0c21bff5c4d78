"""Examples laid end to end: a whole split, and the batches that are taken from it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Self

import numpy as np
import torch
from datasets import Dataset
from numpy.typing import NDArray

LENGTHS = "sequence_lengths"


@dataclass(frozen=True, slots=True)
class Padding:
    """How a tokenizer pads."""

    side: str
    values: Mapping[str, int]
    """By column; 0 for a column without an entry."""

    @classmethod
    def of(cls, tokenizer: Any) -> Self:
        values = {"input_ids": tokenizer.pad_token_id, "token_type_ids": tokenizer.pad_token_type_id}
        return cls(tokenizer.padding_side, values)


@dataclass(frozen=True, slots=True)
class FlatBatch:
    """Examples laid end to end."""

    tokens: Mapping[str, torch.Tensor]
    """By column, each of shape (total,)."""
    lengths: tuple[int, ...]
    labels: torch.Tensor
    """Of shape (n,), or (n, labels) for sets of labels."""

    @classmethod
    def of(cls, inputs: Mapping[str, Any]) -> Self:
        """Inverse of `to_inputs`."""
        rest = {name: values[0] for name, values in inputs.items() if name not in {LENGTHS, "labels"}}
        return cls(rest, tuple(inputs[LENGTHS]), inputs["labels"])

    def to_inputs(self) -> dict[str, Any]:
        """Return the batch as a dictionary that `Trainer` accepts; columns are of shape (1, total)."""
        columns = {name: values.unsqueeze(0) for name, values in self.tokens.items()}
        return {**columns, "labels": self.labels, LENGTHS: self.lengths}

    def __len__(self) -> int:
        return len(self.lengths)

    def to(self, device: torch.device) -> "FlatBatch":
        tokens = {name: values.to(device) for name, values in self.tokens.items()}
        return FlatBatch(tokens, self.lengths, self.labels.to(device))

    def part(self, chosen: slice) -> "FlatBatch":
        """Return consecutive examples."""
        ends = (0, *accumulate(self.lengths))
        first, last, _ = chosen.indices(len(self))
        tokens = {name: values[ends[first] : ends[last]] for name, values in self.tokens.items()}
        return FlatBatch(tokens, self.lengths[first:last], self.labels[first:last])

    def padded(self, padding: Padding) -> dict[str, torch.Tensor]:
        """Return the model's inputs for a padded batch, equal to those of the default collator."""
        lengths = torch.tensor(self.lengths, device=self.labels.device)
        longest = max(self.lengths)
        positions = torch.arange(longest, device=self.labels.device)
        left = longest - lengths if padding.side == "left" else torch.zeros_like(lengths)
        real = (positions >= left[:, None]) & (positions < (left + lengths)[:, None])
        inputs = {}
        for name, values in self.tokens.items():
            inputs[name] = values.new_full(real.shape, padding.values.get(name, 0))
            inputs[name][real] = values
        return {**inputs, "attention_mask": real.long(), "labels": self.labels}


TOKENS = frozenset({"input_ids", "token_type_ids", "attention_mask"})
LABELS = frozenset({"label", "labels", "label_ids"})


@dataclass(frozen=True, eq=False, slots=True)
class TokenizedSplit:
    """A split whose items are their own indices, for a `DataLoader` whose collator is `batch`."""

    tokens: Mapping[str, torch.Tensor]
    """By column, the values of all examples end to end: shape (total,)."""
    starts: NDArray[np.int64]
    lengths: NDArray[np.int64]
    labels: torch.Tensor

    @classmethod
    def of(cls, split: Dataset, accepted: Collection[str]) -> "TokenizedSplit | str":
        """Return the split's columns among the accepted ones, or the reason why they cannot be laid end to end."""
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
        targets = _targets(table[labels[0]])
        lengths = sizes[0].astype(np.int64)
        # As the default collator does: integers are classes, other numbers are float32.
        typed = targets.float() if targets.is_floating_point() else targets.long()
        return cls(values, np.cumsum(lengths) - lengths, lengths, typed)

    def __len__(self) -> int:
        return len(self.lengths)

    def __getitem__(self, index: int) -> int:
        return index

    def batch(self, indices: Sequence[int]) -> dict[str, Any]:
        """Return the examples as a dictionary that `Trainer` accepts, shortest first."""
        return self.flat(indices).to_inputs()

    def flat(self, indices: Sequence[int] | NDArray[np.int64]) -> FlatBatch:
        """Return the examples, shortest first."""
        chosen = np.asarray(indices, np.int64)
        chosen = chosen[np.argsort(self.lengths[chosen], kind="stable")]
        lengths = self.lengths[chosen]
        shifts = np.repeat(self.starts[chosen] - (np.cumsum(lengths) - lengths), lengths)
        token_indices = torch.from_numpy(shifts + np.arange(len(shifts)))
        tokens = {name: values[token_indices] for name, values in self.tokens.items()}
        return FlatBatch(tokens, tuple(lengths.tolist()), self.labels[torch.from_numpy(chosen)])


def _targets(column: Any) -> torch.Tensor:
    """Return the labels, shape (n,), or (n, labels) for sets of labels."""
    is_set = hasattr(column.type, "value_type")
    return torch.from_numpy(np.stack(column.to_numpy())) if is_set else torch.tensor(column.to_numpy())


def _integers(values: Any) -> NDArray[np.int64]:
    return np.asarray(values.to_numpy(zero_copy_only=False)).astype(np.int64)
