"""The watch over an item's runs: who hears of them, and how long one may take."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from transformers import Trainer

from pytest_glue.progress.events import Tell
from pytest_glue.training.callbacks.progress import telling
from pytest_glue.training.callbacks.time_limit import deadline


@dataclass(frozen=True, slots=True)
class Watch:
    """How the runs of an item are watched, which changes nothing about them."""

    item: str
    """A name for messages."""
    tell: Tell
    """Hears of each run's moments."""
    limit_s: float | None = None
    """How long a run may take; None for as long as it likes."""

    @contextmanager
    def over(self, trainer: Trainer, seed: int, metric: str) -> Iterator[None]:
        """Watch the trainer's next training.

        Args:
            trainer: of the item.
            seed: of the run.
            metric: whose value is an epoch's score.

        Raises:
            FineTuningError: it took too long.
        """
        with telling(trainer, self.tell, seed, metric), deadline(trainer, self.item, seed, self.limit_s):
            yield
