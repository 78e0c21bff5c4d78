"""Several checkpoints against each other, and GLUE's average over tasks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtr

from pytest_glue.statistics.comparison import check_scores
from pytest_glue.statistics.error_rates import holm_p_values
from pytest_glue.statistics.estimate import Estimate
from pytest_glue.statistics.seed_variance import SeedVariance
from pytest_glue.statistics.variance import ScoredRuns, variance_components


@dataclass(frozen=True, slots=True)
class Pair:
    """Two checkpoints on the same examples."""

    first: str
    second: str
    difference: Estimate
    """First less second."""

    p_value: float | None
    """Two-sided, of no difference, corrected for the number of pairs (Holm); None where nothing tells the spread."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """Checkpoints by their score on one task."""

    scores: Mapping[str, Estimate]
    """Best first."""

    pairs: tuple[Pair, ...]
    """All of them, the better checkpoint first."""

    best: tuple[str, ...]
    """The best, and those that are not significantly worse: tied for best."""


def rank(
    predictions: Mapping[str, ArrayLike],
    references: ArrayLike,
    metric: str,
    *,
    alpha: float = 0.05,
    seed_variance: SeedVariance | None = None,
) -> Ranking:
    """Rank checkpoints on one task, with paired tests of all pairs, corrected for their number.

    Args:
        predictions: for each checkpoint, shape (k, n); k may differ.
        references: shape (n,).
        metric: one of `score.METRIC_NAMES`.
        alpha: the rate of one false difference or more among all pairs.
        seed_variance: the seeds' spread for pairs of one run each.

    Raises:
        ValueError: no checkpoint, shapes that do not fit, or a run whose score is undefined.
    """
    if not 0 < alpha < 1:
        raise ValueError(f"alpha {alpha!r}; accepted: a probability above 0 and below 1")
    if not predictions:
        raise ValueError("no checkpoints to rank; accepted: one or more")
    runs = {name: ScoredRuns.of(metric, values, references) for name, values in predictions.items()}
    for name, of_one in runs.items():
        check_scores(name, metric, of_one.scores)
    scores = {name: _estimate(of_one, None, seed_variance) for name, of_one in runs.items()}
    order = sorted(scores, key=lambda name: (-scores[name].value, name))
    pairs = [Pair(a, b, *_difference(runs[a], runs[b], seed_variance)) for a, b in combinations(order, 2)]
    adjusted = holm_p_values([np.nan if pair.p_value is None else pair.p_value for pair in pairs])
    pairs = [replace(pair, p_value=None if np.isnan(p) else float(p)) for pair, p in zip(pairs, adjusted, strict=True)]
    worse = {
        pair.second for pair in pairs if pair.first == order[0] and pair.p_value is not None and pair.p_value <= alpha
    }
    return Ranking(
        {name: scores[name] for name in order}, tuple(pairs), tuple(name for name in order if name not in worse)
    )


def average(estimates: Sequence[Estimate], weights: Sequence[float] | None = None) -> Estimate:
    """Return the average over tasks, each with seeds and examples of its own, so that their noise is independent.

    It takes differences as well as scores. GLUE's average first takes the mean of a task's two metrics, and of
    mnli and mnli-mm; those share their runs, so give them as one estimate or leave one out.

    Args:
        estimates: one for each task.
        weights: one for each task, positive; equal by default.

    Raises:
        ValueError: no tasks, or weights that do not fit.
    """
    w = np.ones(len(estimates)) if weights is None else np.asarray(weights, np.float64)
    if not estimates or w.shape != (len(estimates),) or not (w > 0).all():
        raise ValueError(f"{len(estimates)} tasks with weights {weights!r}; accepted: a positive weight for each task")
    w = w / w.sum()
    seeds = [one.standard_error_seeds for one in estimates]
    known = all(one is not None for one in seeds)
    variances = w**2 * np.array([one.standard_error**2 for one in estimates])
    squares = np.sum(variances**2 / np.array([one.degrees_of_freedom for one in estimates]))
    sources = sorted({one.variance_source for one in estimates if one.variance_source is not None})
    return Estimate(
        value=float(np.sum(w * [one.value for one in estimates])),
        standard_error_seeds=float(np.linalg.norm(w * np.array(seeds, np.float64))) if known else None,
        standard_error_examples=float(np.linalg.norm(w * [one.standard_error_examples for one in estimates])),
        degrees_of_freedom=float(variances.sum() ** 2 / squares) if squares > 0 else 1.0,
        variance_source="; ".join(sources) if known else None,
    )


def _difference(
    first: ScoredRuns, second: ScoredRuns, seed_variance: SeedVariance | None
) -> tuple[Estimate, float | None]:
    difference = _estimate(first, second, seed_variance)
    if difference.standard_error_seeds is None:
        return difference, None
    if difference.value == 0 or difference.standard_error == 0:
        return difference, float(difference.value == 0)
    t = abs(difference.value) / difference.standard_error
    return difference, 2 * float(stdtr(difference.degrees_of_freedom, -t))


def _estimate(runs: ScoredRuns, other: ScoredRuns | None, seed_variance: SeedVariance | None) -> Estimate:
    of_it = variance_components(runs, other, seed_variance)
    return Estimate(
        value=float(runs.scores.mean() - (0.0 if other is None else other.scores.mean())),
        standard_error_seeds=None if of_it.source is None else float(np.sqrt(of_it.seeds)),
        standard_error_examples=float(np.sqrt(of_it.examples)),
        degrees_of_freedom=float(of_it.degrees_of_freedom),
        variance_source=of_it.source,
    )
