"""Computes the gradients of a batch in parts, each as large as is fastest and fits into memory."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from pytest_glue.core.choices import Batching
from pytest_glue.training.trainer.device_memory import free_memory, is_out_of_memory, synchronize
from pytest_glue.training.trainer.flat_batch import FlatBatch
from pytest_glue.training.trainer.layout_selector import LayoutSelector
from pytest_glue.training.trainer.partition import Cost, partition

AddPart = Callable[[FlatBatch, float, Any], torch.Tensor]
"""Adds a part's gradients to the model's and returns its loss.

Its arguments are the part, its weight in the batch's loss, and the trainer's `num_items_in_batch`.
"""


class MicroBatching:
    """Splits batches by a measured cost, and into smaller parts after each out-of-memory error."""

    def __init__(self, layouts: LayoutSelector) -> None:
        self._layouts = layouts
        self.fixed_cost: float | None = None
        """Cost of a part whatever its size, in tokens; None until it was measured."""
        self.token_limit = float("inf")
        """The most tokens of a part of several examples."""
        self._pending: list[tuple[FlatBatch, Any]] = []
        """Batches of the current update."""

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_pending": []}

    @property
    def notes(self) -> tuple[str, ...]:
        limit = f"out of memory: batches are computed in parts of at most {self.token_limit:.0f} tokens"
        return (limit,) if np.isfinite(self.token_limit) else ()

    def reset(self) -> None:
        """Forget the batches of an update that was interrupted."""
        self._pending = []

    def end_update(self) -> None:
        """Forget the batches of the update, whose gradients are complete."""
        self._pending.clear()

    def cost(self, limit: float) -> Cost:
        """Return the cost of a part of at most so many tokens."""
        return Cost(self.fixed_cost or 0.0, not self._layouts.is_packed, limit)

    def add_gradients(self, model: Any, batch: FlatBatch, items: Any, add_part: AddPart) -> torch.Tensor:
        """Add the batch's gradients to the model's, and return its loss.

        After an out-of-memory error the update is computed again with parts of half the size.

        Args:
            model: that is trained.
            batch: the next one of the update.
            items: the trainer's `num_items_in_batch`.
            add_part: computes one part.

        Raises:
            RuntimeError: a forward or backward pass failed, or the memory is too small for a single example.
        """
        self._pending.append((batch, items))
        again = self._pending[-1:]
        while True:
            try:
                return [self._add_batch(model, *each, add_part) for each in again][-1]
            except RuntimeError as error:
                if not is_out_of_memory(error) or not self._halve():
                    raise
            # Gradients of the failed part are mixed with those of the others, so the whole update starts again.
            model.zero_grad()
            free_memory()
            again = self._pending

    def state_dict(self) -> dict[str, Any]:
        return {"fixed_cost": self.fixed_cost, "token_limit": self.token_limit}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.fixed_cost, self.token_limit = state["fixed_cost"], state["token_limit"]

    def _add_batch(self, model: Any, batch: FlatBatch, items: Any, add_part: AddPart) -> torch.Tensor:
        if self.fixed_cost is None:
            self.fixed_cost = 0.0  # it stays so if the memory is too small for the measurement
            self._measure(model, batch, items, add_part)
        loss_is_mean = self._layouts.layout is None or self._layouts.layout.loss_is_mean
        losses = []
        for chosen in partition(batch.lengths, self.cost(self.token_limit)):
            self._part = batch.part(chosen)
            weight = len(self._part) / len(batch) if loss_is_mean else 1.0
            losses.append(add_part(self._part, weight, items))
        return torch.stack(losses).sum()

    def _measure(self, model: Any, batch: FlatBatch, items: Any, add_part: AddPart) -> None:
        """Measure the fixed cost of a part. Gradients and random states stay as they are."""
        with torch.random.fork_rng():
            if self._layouts.is_packed:
                if self._times_packing(batch.labels.device):
                    self._compare_with_packing(model, batch, items, add_part)
                if self._layouts.is_packed:
                    return
            small = batch.part(slice(0, max(len(batch) // 4, 1)))
            times = [self._seconds(model, part, items, add_part) for part in (small, batch)]
        sizes = [self.cost(0).tokens(part.lengths) for part in (small, batch)]
        rate = (times[1] - times[0]) / max(sizes[1] - sizes[0], 1)
        self.fixed_cost = max(times[0] / rate - sizes[0], 0.0) if rate > 0 else float("inf")

    def _compare_with_packing(self, model: Any, batch: FlatBatch, items: Any, add_part: AddPart) -> None:
        """Replace packing by micro-batches if these are faster."""
        packed_seconds = self._seconds(model, batch, items, add_part)
        with self._layouts.without_packing():
            padded_seconds = self._seconds(model, batch, items, add_part)
        if packed_seconds > padded_seconds:
            self._layouts.reject_packing("padding is faster on this device")

    def _seconds(self, model: Any, part: FlatBatch, items: Any, add_part: AddPart) -> float:
        """Return how long the second of two computations of a part takes."""
        self._part = part
        for _ in range(2):
            start = time.perf_counter()
            add_part(part, 1.0, items)
            synchronize()
        seconds = time.perf_counter() - start
        model.zero_grad()
        return seconds

    def _times_packing(self, device: torch.device) -> bool:
        """Return whether packing must be measured to be faster: its many small kernels are slow on some devices."""
        return self._layouts.asked is Batching.AUTO and device.type != "cpu"

    def _halve(self) -> bool:
        """Halve the part that did not fit; False for a single example."""
        self.token_limit = self.cost(0).tokens(self._part.lengths) / 2
        return len(self._part) > 1
