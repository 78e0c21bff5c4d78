"""A trainer that computes a batch in parts, each as large as pays off and fits into memory."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from pytest_glue.core.choices import Batching
from pytest_glue.training.trainer.device_memory import free_memory, is_out_of_memory, wait
from pytest_glue.training.trainer.flat_batch import LENGTHS, FlatBatch
from pytest_glue.training.trainer.padding_free import PaddingFreeTrainer


@dataclass(frozen=True, slots=True)
class Cost:
    """What computing a part costs, in tokens."""

    fixed: float
    """Of each part, however small it is."""
    padded: bool
    """Whether the examples of a part are padded to its longest."""
    limit: float
    """The most tokens that a part of several examples may have: what fits into memory."""

    def tokens(self, lengths: Sequence[int]) -> int:
        """Return the tokens that a part of these examples computes."""
        return len(lengths) * max(lengths) if self.padded else sum(lengths)


def partition(lengths: Sequence[int], cost: Cost) -> list[slice]:
    """Return the contiguous parts that cost least in all, in order.

    Args:
        lengths: of the examples, ascending.
        cost: of a part; where `fixed` is large, there is one part.
    """
    if not cost.padded and sum(lengths) <= cost.limit:
        return [slice(0, len(lengths))]
    best, begins = [0.0], [0]
    for end in range(1, len(lengths) + 1):
        choices = [
            (best[begin] + cost.fixed + tokens, begin)
            for begin in range(end)
            if (tokens := cost.tokens(lengths[begin:end])) <= cost.limit or end - begin == 1
        ]
        least, begin = min(choices)
        best.append(least)
        begins.append(begin)
    parts, end = [], len(lengths)
    while end:
        parts.append(slice(begins[end], end))
        end = begins[end]
    return parts[::-1]


def filled(lengths: Sequence[int], cost: Cost) -> list[slice]:
    """Return contiguous parts of ascending lengths, each as large as the limit allows, in order."""
    parts, begin = [], 0
    total = 0
    for end, length in enumerate(lengths):
        total += length
        tokens = (end + 1 - begin) * length if cost.padded else total
        if tokens > cost.limit and end > begin:
            parts.append(slice(begin, end))
            begin, total = end, length
    return [*parts, slice(begin, len(lengths))]


class MicroBatchTrainer(PaddingFreeTrainer):
    """An `PaddingFreeTrainer` whose updates add up the gradients of the parts of a batch, which are the batch's own."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._fixed: float | None = None
        """What a part costs however small it is, in tokens; None until it was measured."""
        self._limit = float("inf")
        """The most tokens of a part of several examples."""
        self._share = 1.0
        self._pending: list[tuple[dict[str, Any], Any]] = []
        self._last_loss: torch.Tensor | None = None
        super().__init__(*args, **kwargs)

    def __getstate__(self) -> dict[str, Any]:
        """Return what makes the trainer, without what it can make again."""
        return {**super().__getstate__(), "_pending": []}

    @property
    def notes(self) -> tuple[str, ...]:
        """See `PaddingFreeTrainer`; and what did not fit."""
        halved = f"out of memory: batches are computed in parts of at most {self._limit:.0f} tokens"
        return (*super().notes, *((halved,) if np.isfinite(self._limit) else ()))

    @property
    def last_loss(self) -> float | None:
        """The last batch's loss, for which a device that computes ahead is waited for; None before the first one."""
        steps = self.args.gradient_accumulation_steps  # by which `Trainer` divides each of them
        return None if self._last_loss is None else self._last_loss.item() * steps

    def train(self, *args: Any, **kwargs: Any) -> Any:
        """See `Trainer`."""
        self._pending, self._last_loss = [], None
        return super().train(*args, **kwargs)

    def compute_loss(self, model: Any, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """See `Trainer`; the loss of a part counts by its share of the batch's examples."""
        loss = super().compute_loss(model, inputs, *args, **kwargs)
        if self._share == 1:
            return loss
        return (loss[0] * self._share, *loss[1:]) if isinstance(loss, tuple) else loss * self._share

    def training_step(self, model: Any, inputs: dict[str, Any], num_items_in_batch: Any = None) -> torch.Tensor:
        """See `Trainer`; where the memory is too small, the parts of a batch are halved, and it is computed again."""
        if LENGTHS not in inputs:
            self._last_loss = super().training_step(model, inputs, num_items_in_batch)
            return self._last_loss
        model.train()  # an evaluation left it at rest, and what lays a batch out looks at that
        self._pending.append((inputs, num_items_in_batch))
        again = self._pending[-1:]
        while True:
            try:
                loss = [self._accumulate(model, *batch) for batch in again][-1]
                break
            except RuntimeError as error:
                if not is_out_of_memory(error) or not self._halve():
                    raise
            # What the part left in the gradients cannot be told from the rest: the update begins anew.
            model.zero_grad()
            free_memory()
            again = self._pending
        if self.accelerator.sync_gradients:
            self._pending.clear()
        self._last_loss = loss
        return loss

    def _accumulate(self, model: Any, inputs: dict[str, Any], items: Any) -> torch.Tensor:
        """Add the gradients of a batch, and return its loss."""
        flat = FlatBatch.of(inputs)
        if self._fixed is None:
            self._fixed = 0.0  # and so it stays if the memory is too small for the measurement
            self._measure(model, flat, items)
        weighs = self._layout is None or self._layout.weighs
        losses = []
        for chosen in partition(flat.lengths, self._cost(self._limit)):
            self._part = flat.part(chosen)
            share = len(self._part) / len(flat) if weighs else 1.0
            losses.append(self._accumulate_part(model, self._part, share, items))
        return torch.stack(losses).sum()

    def _accumulate_part(self, model: Any, part: FlatBatch, share: float, items: Any) -> torch.Tensor:
        self._share = share
        try:
            with self._laid_out(part) as inputs:
                return super().training_step(model, inputs, items)
        finally:
            self._share = 1.0

    def _measure(self, model: Any, flat: FlatBatch, items: Any) -> None:
        """Find out what a part costs; gradients and random states are left as they are."""
        with torch.random.fork_rng():
            if self._layout and self._is_packed:
                if not self._times_packing:
                    return
                fast, reason = self._layout, "padding is faster on this device"
                seconds = self._seconds(model, flat, items)
                self._layout = replace(fast, batching=Batching.MICRO, reason=reason)
                if seconds <= self._seconds(model, flat, items):
                    self._layout = fast
                    return
                self._slow_packing = reason
            small = flat.part(slice(0, max(len(flat) // 4, 1)))
            times = [self._seconds(model, part, items) for part in (small, flat)]
        sizes = [self._cost(0).tokens(part.lengths) for part in (small, flat)]
        rate = (times[1] - times[0]) / max(sizes[1] - sizes[0], 1)
        self._fixed = max(times[0] / rate - sizes[0], 0.0) if rate > 0 else float("inf")

    def _seconds(self, model: Any, part: FlatBatch, items: Any) -> float:
        """Return how long a part takes, the second time."""
        self._part = part
        for _ in range(2):
            start = time.perf_counter()
            self._accumulate_part(model, part, 1.0, items)
            wait()
        seconds = time.perf_counter() - start
        model.zero_grad()
        return seconds

    @property
    def _times_packing(self) -> bool:
        """Whether packing is used only where it is seen to be faster: many small kernels can be slow on a device."""
        return self._batching is Batching.AUTO and self.args.device.type != "cpu"

    def _halve(self) -> bool:
        """Allow parts half as large as the one that did not fit; False for a single example, which has no half."""
        self._limit = self._cost(0).tokens(self._part.lengths) / 2
        return len(self._part) > 1

    def _cost(self, limit: float) -> Cost:
        return Cost(self._fixed or 0.0, not self._is_packed, limit)

    # A run that was stopped

    def _resume_state_dict(self) -> dict[str, Any]:
        """See `ResumableTrainer`: what was measured."""
        return {**super()._resume_state_dict(), "fixed": self._fixed, "limit": self._limit}

    def _load_resume_state(self, held: dict[str, Any]) -> None:
        """See `ResumableTrainer`."""
        super()._load_resume_state(held)
        self._fixed, self._limit = held["fixed"], held["limit"]
