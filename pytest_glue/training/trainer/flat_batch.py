"""Flat: examples laid end to end, and the two forms in which a model takes them."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Self

import torch

LENGTHS = "sequence_lengths"


@dataclass(frozen=True, slots=True)
class Padding:
    """How a tokenizer pads."""

    side: str
    values: Mapping[str, int]
    """By column; 0 for one that is not named."""

    @classmethod
    def of(cls, tokenizer: Any) -> Self:
        """Return how this tokenizer pads."""
        values = {"input_ids": tokenizer.pad_token_id, "token_type_ids": tokenizer.pad_token_type_id}
        return cls(tokenizer.padding_side, values)


@dataclass(frozen=True, slots=True)
class Flat:
    """Examples laid end to end."""

    tokens: Mapping[str, torch.Tensor]
    """By column, each of shape (total,)."""
    lengths: tuple[int, ...]
    labels: torch.Tensor
    """Of shape (n,)."""

    @classmethod
    def of(cls, inputs: Mapping[str, Any]) -> Self:
        """Inverse of `to_inputs`."""
        rest = {name: values[0] for name, values in inputs.items() if name not in {LENGTHS, "labels"}}
        return cls(rest, tuple(inputs[LENGTHS]), inputs["labels"])

    def to_inputs(self) -> dict[str, Any]:
        """Return a batch as a trainer hands it around: tensors by name, the columns of shape (1, total)."""
        columns = {name: values.unsqueeze(0) for name, values in self.tokens.items()}
        return {**columns, "labels": self.labels, LENGTHS: self.lengths}

    def __len__(self) -> int:
        return len(self.lengths)

    def to(self, device: torch.device) -> "Flat":
        """Return the examples on a device."""
        tokens = {name: values.to(device) for name, values in self.tokens.items()}
        return Flat(tokens, self.lengths, self.labels.to(device))

    def part(self, chosen: slice) -> "Flat":
        """Return a run of the examples."""
        ends = (0, *accumulate(self.lengths))
        first, last, _ = chosen.indices(len(self))
        tokens = {name: values[ends[first] : ends[last]] for name, values in self.tokens.items()}
        return Flat(tokens, self.lengths[first:last], self.labels[first:last])

    def padded(self, padding: Padding) -> dict[str, torch.Tensor]:
        """Return the inputs of a model that takes a padded batch: as the default collator gives them."""
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
