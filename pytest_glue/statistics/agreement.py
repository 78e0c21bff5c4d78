"""An upper bound of a drop in accuracy from predictions alone: what did not change cannot have become wrong."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betaincinv


@dataclass(frozen=True, slots=True)
class Agreement:
    """How many predictions of unlabelled texts changed between pairs of runs."""

    changed: float
    """The number of texts whose prediction changed, on average over the pairs."""
    n_texts: int
    bound: float
    """The upper confidence limit of the expected share of changed predictions, and so of the drop in accuracy."""


def agreement(candidate: ArrayLike, baseline: ArrayLike, alpha: float = 0.05) -> Agreement:
    """Bound the drop in mean accuracy between pairs of runs on the population that the texts are drawn from.

    A prediction that is right before and wrong after has changed. So the accuracy of a run drops by at most the share
    of texts whose prediction changed, and the mean accuracy of several runs by at most the mean share of their pairs.
    For one pair, the limit is that of Clopper and Pearson 1934, which is exact. The mean over several pairs is a number
    from 0 to 1 for each text. A sum of such numbers is as small as observed with at most e times the probability that a
    binomial variable has (Bentkus 2004, Annals of Probability 32), so the limit is Clopper and Pearson's at alpha / e,
    for the number of changed texts rounded up. That is conservative.

    Args:
        candidate: predicted classes, shape (k, n).
        baseline: predicted classes of the same texts, shape (k, n); run i is compared with run i.
        alpha: the probability that the limit is too low.

    Raises:
        ValueError: shapes that do not fit or hold nothing, or alpha out of range.
    """
    ours, theirs = np.asarray(candidate, np.float64), np.asarray(baseline, np.float64)
    if ours.ndim != 2 or ours.shape != theirs.shape or not ours.size:
        raise ValueError(f"predictions of shapes {ours.shape} and {theirs.shape}; accepted: (pairs, texts) twice")
    if not 0 < alpha < 1:
        raise ValueError(f"alpha {alpha!r}; accepted: a probability above 0 and below 1")
    (k, n), changed = ours.shape, int(np.count_nonzero(ours != theirs))
    count = math.ceil(changed / k)
    error_rate = alpha if k == 1 else alpha / math.e
    bound = 1.0 if count == n else float(betaincinv(count + 1, n - count, 1 - error_rate))
    return Agreement(changed / k, n, bound)
