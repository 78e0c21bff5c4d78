"""The scores and influences of runs, which all other statistics are computed from."""

from typing import NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike

from pytest_glue.statistics.influence import influence
from pytest_glue.statistics.metrics import Floats, aligned, check_metric, score_aligned


class ScoredRuns(NamedTuple):
    """The runs of one checkpoint and recipe on one split."""

    scores: Floats
    """Shape (..., k)."""
    influences: Floats
    """Shape (..., k, n)."""

    @classmethod
    def of(cls, metric: str, predictions: ArrayLike, references: ArrayLike) -> Self:
        """Score predictions, shape (..., k, n), against references, shape (..., n).

        Raises:
            ValueError: an unknown metric, shapes that do not fit, or a value that is not finite.
        """
        check_metric(metric)
        predicted, gold = aligned(predictions, references)
        scores = score_aligned(metric, predicted, gold)
        return cls(scores, influence(metric, predicted, gold, scores))

    @property
    def k(self) -> int:
        """The number of runs."""
        return int(self.scores.shape[-1])


def check_scores(name: str, metric: str, scores: Floats) -> None:
    """Raise ValueError if the score of a run, shape (k,), is undefined."""
    undefined = np.flatnonzero(np.isnan(scores))
    if undefined.size:
        runs = ", ".join(str(run) for run in undefined)
        raise ValueError(f"{metric} of the {name} is undefined in run {runs} (constant predictions?)")
