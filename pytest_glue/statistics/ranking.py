"""Several checkpoints against each other, and their average over tasks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtr

from pytest_glue.statistics.error_rates import holm_p_values
from pytest_glue.statistics.estimate import Estimate
from pytest_glue.statistics.scored_runs import ScoredRuns, check_scores
from pytest_glue.statistics.seed_variance import SeedVariance


@dataclass(frozen=True, slots=True)
class Pair:
    """Two checkpoints on the same examples."""

    first: str
    second: str
    difference: Estimate
    """First less second."""
    p_value: float | None
    """Two-sided, of no difference, adjusted for the number of pairs (Holm); None if the variance between seeds is
    unknown."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """Checkpoints by their score on one task."""

    scores: Mapping[str, Estimate]
    """Best first."""
    pairs: tuple[Pair, ...]
    """All pairs, the better checkpoint first."""
    best: tuple[str, ...]
    """The best checkpoint, and those that are not significantly worse."""


def rank(
    predictions: Mapping[str, ArrayLike],
    references: ArrayLike,
    metric: str,
    *,
    alpha: float = 0.05,
    seed_variance: SeedVariance | None = None,
    groups: ArrayLike | None = None,
) -> Ranking:
    """Rank checkpoints on one task, with a paired test of each pair, adjusted for their number.

    Args:
        predictions: for each checkpoint, shape (k, n), or logits, (k, n, classes), if the metric needs probabilities;
            k may differ.
        references: shape (n,).
        metric: a name of `core.metrics.METRICS`.
        alpha: the family-wise error rate: the probability of any false difference among all pairs.
        seed_variance: the variance between seeds, used for pairs of one run each.
        groups: of the examples that depend on each other, shape (n,); None if all are independent.

    Raises:
        ValueError: no checkpoint, shapes that do not fit, or a run whose score is undefined.
    """
    runs = {name: ScoredRuns.of(metric, values, references, groups) for name, values in predictions.items()}
    return rank_runs(runs, metric, alpha=alpha, seed_variance=seed_variance)


def rank_runs(
    runs: Mapping[str, ScoredRuns],
    metric: str,
    *,
    alpha: float = 0.05,
    seed_variance: SeedVariance | None = None,
) -> Ranking:
    """Rank as `rank` does, with runs that are scored already.

    Args:
        runs: of each checkpoint, on the same examples and in the same groups.
        metric: of the scores.
        alpha: the family-wise error rate.
        seed_variance: the variance between seeds, used for pairs of one run each.

    Raises:
        ValueError: no checkpoint, or a run whose score is undefined.
    """
    if not 0 < alpha < 1:
        raise ValueError(f"alpha {alpha!r}; accepted: a probability above 0 and below 1")
    if not runs:
        raise ValueError("no checkpoints to rank; accepted: one or more")
    for name, scored in runs.items():
        check_scores(name, metric, scored.scores)
    scores = {name: Estimate.of(scored, None, seed_variance, metric) for name, scored in runs.items()}
    order = sorted(scores, key=lambda name: (-float(runs[name].scores.mean()), name))
    pairs = _adjusted([_pair(a, b, Estimate.of(runs[a], runs[b], seed_variance)) for a, b in combinations(order, 2)])
    worse = {
        pair.second for pair in pairs if pair.first == order[0] and pair.p_value is not None and pair.p_value <= alpha
    }
    best = tuple(name for name in order if name not in worse)
    return Ranking({name: scores[name] for name in order}, pairs, best)


def average(estimates: Sequence[Estimate]) -> Estimate:
    """Return the mean over tasks whose runs and examples are independent of each other.

    The tasks mnli and mnli-mm share their runs: average those first, or leave one out.

    Raises:
        ValueError: no tasks.
    """
    if not estimates:
        raise ValueError("no tasks to average; accepted: one or more")
    weight = 1 / len(estimates)
    seeds = [each.standard_error_seeds for each in estimates]
    is_known = all(each is not None for each in seeds)
    variances = weight**2 * np.array([each.standard_error**2 for each in estimates])
    squares = np.sum(variances**2 / np.array([each.degrees_of_freedom for each in estimates]))
    sources = sorted({each.variance_source for each in estimates if each.variance_source is not None})
    return Estimate(
        value=float(np.sum(weight * np.array([each.value for each in estimates]))),
        standard_error_seeds=float(np.linalg.norm(weight * np.array(seeds, np.float64))) if is_known else None,
        standard_error_examples=float(
            np.linalg.norm(weight * np.array([each.standard_error_examples for each in estimates]))
        ),
        degrees_of_freedom=float(variances.sum() ** 2 / squares) if squares > 0 else 1.0,
        variance_source="; ".join(sources) if is_known else None,
    )


def _pair(first: str, second: str, difference: Estimate) -> Pair:
    """Return the pair with its p value, not yet adjusted."""
    if difference.standard_error_seeds is None:
        return Pair(first, second, difference, None)
    if difference.value == 0 or difference.standard_error == 0:
        return Pair(first, second, difference, float(difference.value == 0))
    t = abs(difference.value) / difference.standard_error
    return Pair(first, second, difference, 2 * float(stdtr(difference.degrees_of_freedom, -t)))


def _adjusted(pairs: Sequence[Pair]) -> tuple[Pair, ...]:
    adjusted = holm_p_values([np.nan if pair.p_value is None else pair.p_value for pair in pairs])
    return tuple(
        replace(pair, p_value=None if np.isnan(p) else float(p)) for pair, p in zip(pairs, adjusted, strict=True)
    )
