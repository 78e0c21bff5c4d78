"""Progress events: the state of a run, and of the item that the run belongs to."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

from pytest_glue.core.formatting import seconds


@dataclass(frozen=True, slots=True)
class TrainingProgress:
    """State of a run, or of what precedes the first run."""

    stage: str
    """`training`, or what precedes it: `loading`, `searching`."""
    seed: int | None = None
    share: float = 0.0
    """Completed share of the run, from 0 to 1."""
    epoch: float = 0.0
    epochs: float = 0.0
    loss: float | None = None
    score: float | None = None
    elapsed_s: float = 0.0
    left_s: float | None = None


ProgressCallback = Callable[[TrainingProgress], None]


@dataclass(frozen=True, slots=True)
class ItemProgress:
    """State of an item that runs. It crosses processes as plain data."""

    item: str
    """Its node id."""
    text: str
    share: float
    """Completed share of the item, from 0 to 1."""
    left_s: float | None
    """Expected remaining time of the item; None while unknown."""

    @classmethod
    def of(cls, item: str, worker: str, seeds: Sequence[int], training: TrainingProgress) -> Self:
        """Return the state of an item whose runs have these seeds; a verdict may ask for more runs."""
        run, left_s = 0, training.left_s
        if training.seed is not None:
            run = (*seeds, training.seed).index(training.seed) + 1
        runs = max(run, len(seeds))
        if left_s is not None:  # each further run is expected to take as long as this one
            left_s += (runs - run) * (training.elapsed_s + left_s)
        share = (run - 1 + training.share) / runs if run else 0.0
        name = item.partition("[")[2].partition("]")[0] or item.rpartition("::")[2]
        prefix = f"[{worker}] {name}" if worker else name
        return cls(item, f"{prefix}: {_description(training, run, runs, left_s)}", share, left_s)


def _description(training: TrainingProgress, run: int, runs: int, left_s: float | None) -> str:
    if not run:
        return training.stage
    facts = [f"seed {training.seed}" + (f" ({run} of {runs})" if runs > 1 else "")]
    facts += [f"epoch {training.epoch:.1f} of {training.epochs:g}"]
    facts += [] if training.loss is None else [f"loss {training.loss:.3f}"]
    facts += [] if training.score is None else [f"score {training.score:.3f}"]
    facts += [] if left_s is None else [f"about {seconds(left_s)} left"]
    return ", ".join(facts)
