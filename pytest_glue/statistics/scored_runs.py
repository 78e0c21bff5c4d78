"""The scores and influences of runs, which all other statistics are computed from."""

from typing import NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike

from pytest_glue.core.metrics import find_metric
from pytest_glue.core.tasks import Kind
from pytest_glue.statistics.arrays import indicators
from pytest_glue.statistics.influence import influence
from pytest_glue.statistics.metrics import Floats, aligned, needs_probabilities, score_aligned
from pytest_glue.statistics.ratio_metrics import RATIO_METRICS

FIXED_SEEDS = 1_000_000
"""A fixed model varies between seeds as the mean over infinitely many seeds does: not at all."""


class Grouping(NamedTuple):
    """What the influences of groups were computed from."""

    influences: Floats
    """Of the examples, shape (..., k, n)."""
    size: float
    """Examples in an example's group, on average over examples."""


class ScoredRuns(NamedTuple):
    """The runs of one checkpoint and recipe on one split.

    Scores are oriented: a better one is higher. `Comparison`, `Estimate` and `Ranking` have natural units again.
    """

    scores: Floats
    """Shape (..., k), oriented: times `sign`, so that higher is better."""
    influences: Floats
    """Shape (..., k, n): of the n examples, or of n groups of examples."""
    n_examples: int = 0
    """The number of examples, also where they are grouped; 0 if it is unknown."""
    example_step: Floats | float = 0.0
    """By how much a score changes if one prediction changes, times the number of examples, (...); 0 for numbers."""
    grouping: Grouping | None = None
    """Of the groups; None if the influences are those of examples."""
    sign: int = 1
    """-1 if a lower score of the metric is better, so that the scores here are negative ones."""
    least_error: float = 1.0
    """The least standard error of a mean score, times the number of examples; 0 if the metric has no bounds."""
    is_fixed: bool = False
    """Whether the only run is a fixed model, evaluated as it is: then no seed was chosen that could vary the score."""

    @classmethod
    def of(
        cls,
        metric: str,
        outputs: ArrayLike,
        references: ArrayLike,
        groups: ArrayLike | None = None,
        kind: Kind | None = None,
    ) -> Self:
        """Score predictions, shape (..., k, n), or logits, (..., k, n, labels), against references, shape (..., n).

        Args:
            metric: a name of `core.metrics.METRICS`.
            outputs: of each run: predictions, or logits if the metric needs probabilities.
            references: gold labels.
            groups: as for `grouped`; None if the examples are independent of each other.
            kind: of the task.

        Raises:
            ValueError: an unknown metric, shapes that do not fit, a value that is not finite, or a single group.
        """
        of_metric = find_metric(metric)
        found, gold = aligned(metric, outputs, references)
        scores = score_aligned(metric, found, gold, kind)
        runs = cls(
            of_metric.sign * scores,
            of_metric.sign * influence(metric, found, gold, scores, kind),
            gold.shape[-1],
            example_step(metric, found, kind),
            sign=of_metric.sign,
            least_error=float(of_metric.is_bounded),
        )
        return runs if groups is None else runs.grouped(groups)

    def grouped(self, groups: ArrayLike) -> Self:
        """Return the runs with an influence of each group of examples: of all questions about one paragraph, say.

        A group's influence is the sum over its examples, in units of the mean group. Every variance of the mean over
        examples then becomes the one that is robust to dependence within groups, with the factor G / (G - 1) for G
        groups (Miller 2024, arXiv 2411.00640), and degrees of freedom count groups.

        Args:
            groups: the number of each example's group, shape (n,).

        Raises:
            ValueError: another number of examples, or all are in one group.
        """
        numbers, n = np.asarray(groups), self.influences.shape[-1]
        if numbers.shape != (n,):
            raise ValueError(f"groups of shape {numbers.shape}; accepted: ({n},), one for each example")
        order = np.argsort(numbers, kind="stable")
        starts = np.flatnonzero(np.diff(numbers[order], prepend=numbers[order[0]] - 1))
        if starts.size < 2:
            raise ValueError("all examples are in one group; accepted: two groups or more")
        sums = np.add.reduceat(self.influences[..., order], starts, axis=-1)
        sizes = np.diff(starts, append=n)
        grouping = Grouping(self.influences, float(np.sum(sizes**2) / n))
        return self._replace(influences=sums * (starts.size / n), grouping=grouping)

    def by_example(self) -> Self:
        """Return the runs with the influences of examples, which are taken for independent."""
        return self if self.grouping is None else self._replace(influences=self.grouping.influences, grouping=None)

    @property
    def mean_score(self) -> float:
        """The mean over runs of the metric's own values, which are not oriented."""
        return self.sign * float(self.scores.mean())

    @property
    def k(self) -> int:
        """The number of runs."""
        return int(self.scores.shape[-1])

    @property
    def n_seeds(self) -> int:
        """The number of seeds that the mean score averages over; so many that none matters for a fixed model."""
        return FIXED_SEEDS if self.is_fixed else self.k


def example_step(metric: str, outputs: ArrayLike, kind: Kind | None = None) -> float:
    """Return by how much a score changes if one prediction changes, times the number of examples.

    It is 1 for accuracy. With p the shares of the predicted classes, which are taken for those of the references, it is
    on average 1 / (2 p) for F1, precision and recall of class 1, 1 for their averages over classes, and
    1 / (1 - sum of p^2) for Matthews and kappa. If one label of a set changes, it is 1 / (2 m) for averages over
    labels, with m labels in a set on average. It is 0 for metrics of numbers and of probabilities.

    Args:
        metric: a name of `core.metrics.METRICS`.
        outputs: predictions, shape (..., n), or logits if the metric needs probabilities.
        kind: of the task.
    """
    if needs_probabilities(metric):
        return 0.0
    predicted = np.asarray(outputs, np.float64)
    if metric in {"f1", "precision", "recall"}:
        return float(1 / (2 * max(np.mean(predicted == 1), 1 / predicted.shape[-1])))
    if metric in {"matthews_correlation", "cohen_kappa"}:
        _, counts = np.unique(predicted, return_counts=True)
        return float(1 / max(1 - np.sum((counts / predicted.size) ** 2), 1 / predicted.shape[-1]))
    if metric in RATIO_METRICS and kind is Kind.MULTI_LABEL:
        size = sum(np.mean(x) for x, _ in indicators(predicted, predicted, is_multi_label=True))
        return float(1 / (2 * max(size, 1 / predicted.shape[-1])))
    return 1.0 if metric == "accuracy" or metric in RATIO_METRICS else 0.0


def check_scores(name: str, metric: str, scores: Floats) -> None:
    """Raise ValueError if the score of a run, shape (k,), is undefined."""
    undefined = np.flatnonzero(np.isnan(scores))
    if undefined.size:
        runs = ", ".join(str(run) for run in undefined)
        raise ValueError(f"{metric} of the {name} is undefined in run {runs} (constant predictions?)")
