"""What comparisons with a baseline will be able to detect, by the number of the candidate's seeds."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtr

from pytest_glue.statistics.power import minimum_detectable_drop
from pytest_glue.statistics.run_variance import RunVariance
from pytest_glue.statistics.scored_runs import ScoredRuns


def detectable_drops(
    run: RunVariance, counts: Sequence[int], baseline_seeds: int | None, alpha: float
) -> dict[int, float]:
    """Return the minimum detectable drop by the number of the candidate's seeds, where one is detectable.

    Args:
        run: the variance of one run's score.
        counts: numbers of the candidate's seeds.
        baseline_seeds: the number of the baseline's; None for as many as the candidate has.
        alpha: the one-sided error rate of this test: that of fail for one item at its last analysis.
    """
    drops = {}
    for count in counts:
        drop = float(minimum_detectable_drop(run, (count, baseline_seeds or count), alpha))
        if np.isfinite(drop):
            drops[count] = drop
    return drops


def minimum_detectable_drops(
    predictions: ArrayLike,
    references: ArrayLike,
    metric: str,
    seeds: Sequence[int],
    *,
    alpha: float = 0.05,
    groups: ArrayLike | None = None,
) -> dict[int, float]:
    """Return the minimum detectable drop of candidates to come, by their number of seeds, for one item.

    A candidate is assumed to vary between seeds as the baseline does, and to resemble it.

    Args:
        predictions: of the baseline, shape (k, n), or logits, (k, n, classes), if the metric needs probabilities.
        references: shape (n,).
        metric: a name of `core.metrics.METRICS`.
        seeds: numbers of the candidate's seeds.
        alpha: the one-sided error rate.
        groups: of the examples that depend on each other, shape (n,); None if all are independent.

    Returns:
        Fractions by number of seeds; empty for a baseline of one run, whose variance between seeds is unknown.
    """
    return drops_detectable_with(ScoredRuns.of(metric, predictions, references, groups), metric, seeds, alpha)


def drops_detectable_with(
    baseline: ScoredRuns, metric: str, seeds: Sequence[int], alpha: float = 0.05
) -> dict[int, float]:
    """Return as `minimum_detectable_drops` does, with runs that are scored already.

    Args:
        baseline: its runs.
        metric: of the scores.
        seeds: numbers of the candidate's seeds.
        alpha: the one-sided error rate.
    """
    if baseline.k < 2 or np.isnan(baseline.scores).any():
        return {}
    run = RunVariance.of_baseline(metric, baseline, baseline.example_step)
    return detectable_drops(run, seeds, baseline.k, alpha)


def miss_probability(run: RunVariance, seeds: tuple[int, int], margin: float) -> float:
    """Return the probability that an unchanged checkpoint misses a threshold, by the choice of its seeds alone.

    The examples are those of the baseline. The baseline's mean is an estimate too, so the candidate's mean is
    predicted by Student's t distribution.

    Args:
        run: the variance of one run's score.
        seeds: the numbers of runs, candidate and baseline.
        margin: by how much the baseline's mean is better than the threshold; negative if it is worse.
    """
    df = float(seeds[1] - 1 or (run.published.degrees_of_freedom if run.published else np.inf))
    deviation = float(np.sqrt(run.seeds * (1 / seeds[0] + 1 / seeds[1])))
    return float(stdtr(df, -margin / deviation)) if deviation else float(margin < 0)
