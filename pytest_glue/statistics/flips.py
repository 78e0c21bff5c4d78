"""Negative flips: examples that the baseline gets right and the candidate gets wrong."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from pytest_glue.statistics.estimate import Estimate
from pytest_glue.statistics.metrics import Floats, aligned
from pytest_glue.statistics.scored_runs import ScoredRuns

LISTED = 100
"""The largest number of examples that are listed."""


@dataclass(frozen=True, slots=True)
class NegativeFlips:
    """Examples that changed from right to wrong. Rates are shares of all examples.

    What depends on the churn is None if both sides have one run.
    """

    count: int
    """Examples that most runs of the baseline get right and most runs of the candidate get wrong."""
    examples: tuple[int, ...]
    """Their indices, those on which most runs agree first; at most `LISTED`."""
    rate: float
    """The share that a run of the baseline gets right and a run of the candidate gets wrong: the mean over pairs."""
    churn: float | None
    """The same share for two runs of the baseline, which differ in their seeds only; of the candidate if the baseline
    has one run."""
    excess: float | None
    """Rate less churn: 0 on average for an unchanged checkpoint."""
    confidence_interval: tuple[float, float] | None
    """Of the excess over seeds and examples, at 95 %."""


def negative_flips(
    candidate: ArrayLike, baseline: ArrayLike, references: ArrayLike, groups: ArrayLike | None = None
) -> NegativeFlips:
    """Return the negative flips from a baseline to a candidate (Yan et al. 2021, Xie et al. 2021).

    Args:
        candidate: predicted classes, shape (k_a, n).
        baseline: predicted classes, shape (k_b, n), of the same examples in the same order.
        references: shape (n,).
        groups: of the examples that depend on each other, shape (n,); None if all are independent.

    Raises:
        ValueError: shapes that do not fit, or a value that is not finite.
    """
    wrong, right = 1 - _right(candidate, references), _right(baseline, references)
    of_candidate, of_baseline = wrong.mean(axis=0), right.mean(axis=0)
    agreement = np.where((of_candidate > 0.5) & (of_baseline > 0.5), of_candidate + of_baseline, 0.0)
    count = int(np.count_nonzero(agreement))
    examples = np.argsort(-agreement, kind="stable")[: min(count, LISTED)].tolist()
    rate = float(np.mean(of_candidate * of_baseline))
    excess = _excess(wrong, right, groups)
    return NegativeFlips(
        count=count,
        examples=tuple(examples),
        rate=rate,
        churn=None if excess is None else rate - excess.value,
        excess=None if excess is None else excess.value,
        confidence_interval=None if excess is None else excess.interval(),
    )


def _right(predictions: ArrayLike, references: ArrayLike) -> Floats:
    predicted, gold = aligned("accuracy", predictions, references)
    return np.asarray(predicted == gold, np.float64)


def _excess(wrong: Floats, right: Floats, groups: ArrayLike | None) -> Estimate | None:
    """Return the rate of flips less the churn, linearised in the runs of both sides; None for one run on each side.

    With p the share of the baseline's runs that get an example right, and q the share of the candidate's runs that get
    it wrong, the rate is the mean of pq. The churn is the mean of p(1-p) k/(k-1), which counts the pairs of different
    runs (a U-statistic); q(1-q) k/(k-1) if only the candidate has k > 1 runs.

    Args:
        wrong: of the candidate, shape (k_a, n).
        right: of the baseline, shape (k_b, n).
        groups: of the examples that depend on each other, shape (n,); None if all are independent.
    """
    q, p = wrong.mean(axis=0), right.mean(axis=0)
    own, k = (p, len(right)) if len(right) > 1 else (q, len(wrong))
    if k == 1:
        return None
    each = p * q - own * (1 - own) * k / (k - 1)
    slope = 2 * own - 1
    of_wrong, of_right = (p, q + slope) if own is p else (p + slope, q)
    ours, theirs = _linear((wrong - q) * of_wrong, each), _linear((p - right) * of_right, np.zeros_like(each))
    if groups is not None:
        ours, theirs = ours.grouped(groups), theirs.grouped(groups)
    return Estimate.of(ours, theirs)


def _linear(effects: Floats, each: Floats) -> ScoredRuns:
    """Return a statistic as if it were a score: the sum of a value of each example, (n,), and of each run's, (k, n)."""
    values = effects + each
    scores = values.mean(axis=-1)
    return ScoredRuns(scores, values - scores[:, np.newaxis])
