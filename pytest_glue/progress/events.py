"""A moment: what a fine-tuning that is under way is at, and the item that it belongs to, as plain frozen data."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class TrainingProgress:
    """What a fine-tuning is at.

    Durations instead of times of day, since it may be read on a machine with another clock.
    """

    stage: str
    """What is being done, in a word or two: `training`, `evaluating`, `loading`."""
    seed: int | None = None
    """None before the first run."""
    step: int = 0
    steps: int = 0
    """Of the whole training; 0 where there is none yet."""
    epoch: float = 0.0
    """How many are done, as a fraction."""
    epochs: float = 0.0
    loss: float | None = None
    """Of the last batch."""
    score: float | None = None
    """The headline metric of the last epoch that ended."""
    elapsed_s: float = 0.0
    """Since this process began the training."""
    left_s: float | None = None
    """Expected until the training ends; None where nothing is known yet."""

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Inverse of `to_dict`, also after a journey through JSON."""
        return cls(**data)


ProgressCallback = Callable[[TrainingProgress], None]
"""Who is told of a fine-tuning's moments."""


@dataclass(frozen=True, slots=True)
class ItemProgress:
    """An item that runs, where it does, and what it is at."""

    item: str
    """Its node id."""
    where: str
    """The worker or node; empty where there is but one process."""
    run: int
    """Which of its runs, from 1; 0 before the first."""
    runs: int
    """How many it will have, unless its verdict asks for more."""
    moment: TrainingProgress

    @classmethod
    def of(cls, item: str, where: str, seeds: Sequence[int], moment: TrainingProgress) -> Self:
        """Return an item as it runs now.

        Args:
            item: its node id.
            where: the worker or node; empty where there is but one process.
            seeds: of the runs that it will have, in order.
            moment: of the run that is under way.
        """
        if moment.seed is None:
            return cls(item, where, 0, len(seeds), moment)
        run = seeds.index(moment.seed) + 1 if moment.seed in seeds else len(seeds) + 1
        return cls(item, where, run, max(run, len(seeds)), moment)

    @property
    def share(self) -> float:
        """How much of the item is done: from 0 to 1."""
        done = self.moment.step / self.moment.steps if self.moment.steps else 0.0
        return (self.run - 1 + done) / self.runs if self.run else 0.0

    @property
    def left_s(self) -> float | None:
        """How long the item is expected to take from now on, each further run as long as this one; None if unknown."""
        left = self.moment.left_s
        return None if left is None else left + (self.runs - self.run) * (self.moment.elapsed_s + left)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Inverse of `to_dict`, also after a journey through JSON."""
        return cls(**{**data, "moment": TrainingProgress.from_dict(data["moment"])})
