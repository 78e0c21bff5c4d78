"""Futility: whether the seeds to come would hardly make an inconclusive comparison conclusive."""

import math
from collections.abc import Sequence

import numpy as np
from scipy.special import ndtr, stdtrit

from pytest_glue.statistics.metrics import Floats
from pytest_glue.statistics.scored_runs import ScoredRuns
from pytest_glue.statistics.variance import (
    BORROWED_VARIANCE_FACTOR,
    VarianceComponents,
    design_degrees_of_freedom,
    variance_components,
)

FUTILITY_LIMIT = 0.10
"""No seeds are added to an inconclusive comparison whose conditional power is below this."""
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(41)
_REACH = 6.0
"""Standard deviations beyond which the density of a path is 0 in the integral."""
_TINY = 1e-9
"""A distance far below one example: bounds are at least this, so that equal runs without noise stay inconclusive."""


def conditional_power(
    candidate: ScoredRuns,
    baseline: ScoredRuns,
    components: VarianceComponents,
    alphas: tuple[float, float],
    later: Sequence[int],
) -> Floats:
    """Return the probability that one of the later analyses says fail or pass, if the difference stays as it is.

    This is stochastic curtailment (Lan, Simon and Halperin 1982) under the current trend (Lan and Wittes 1988). After
    k runs, the distance from the lowered baseline is x. Each run to come is taken as normal around x, with the variance
    v of the candidate's runs times 1 + 1/k (the predictive variance of a run, since x is estimated from k runs). The
    sum of the distances over j runs is then a random walk from k x:

        S_j ~ N(j x, (j - k) v (1 + 1/k))        fail if S_j / j <= -t SE_j, pass if S_j / j >= t' SE_j
        SE_j^2 = v / j + variance of the baseline's mean + variance due to the examples

    t and t' are the quantiles of Student's t distribution at the error rates. Baseline and examples do not change, so
    they are not drawn again. A stop on this ground leaves the verdict inconclusive: no error rate can rise.

    Args:
        candidate: k runs, shape (..., k), on the scale of the test.
        baseline: its runs on the same examples, lowered by the allowed drop, on that scale.
        components: of the distance, as it is now.
        alphas: the nominal error rates of fail and of pass.
        later: the numbers of the candidate's runs at the analyses to come, rising, all above k.

    Returns:
        Shape (...); NaN if no side has two runs, so that the variance between seeds is not measured.
    """
    of_run, of_baseline = _run_variances(candidate, baseline)
    distance = candidate.scores.mean(axis=-1) - baseline.scores.mean(axis=-1)
    bounds: list[list[Floats]] = []
    for k in later:
        seeds = of_run / k + of_baseline
        total = seeds + components.examples
        squares = seeds**2 / design_degrees_of_freedom(k, baseline.k)
        squares += components.examples**2 / components.examples_degrees_of_freedom
        df = np.maximum(total**2 / np.where(squares > 0, squares, np.inf), components.degrees_of_freedom)
        error = np.sqrt(total)
        bounds.append([np.asarray(stdtrit(df, 1 - alpha) * error + _TINY, np.float64) for alpha in alphas])
    return _crossing(distance, of_run * (1 + 1 / candidate.k), (candidate.k, *later), bounds)


def _run_variances(candidate: ScoredRuns, baseline: ScoredRuns) -> tuple[Floats, Floats]:
    """Return the variance of one run of the candidate, and that of the baseline's mean, on this split; (...) each.

    A side of one run takes the variance from the other side.
    """
    measured = [
        variance_components(side).seeds * side.k if side.k > 1 else np.full(side.scores.shape[:-1], np.nan)
        for side in (candidate, baseline)
    ]
    of_candidate = measured[0] if candidate.k > 1 else measured[1]
    of_baseline = measured[1] if baseline.k > 1 else BORROWED_VARIANCE_FACTOR * measured[0]
    return of_candidate, of_baseline / baseline.k


def _crossing(drift: Floats, variance: Floats, counts: Sequence[int], bounds: Sequence[Sequence[Floats]]) -> Floats:
    """Return the probability that a random walk leaves its bounds at one of several analyses.

    The density of the paths inside is carried from one analysis to the next (Armitage, McPherson and Rowe 1969).

    Args:
        drift: mean of a step, and of the steps made so far, (...).
        variance: of a step, (...).
        counts: the number of steps made, then those at each analysis.
        bounds: for each analysis, how far the mean of all steps may lie below 0 and above 0, (...) each.
    """
    start, step, variance = counts[0], drift[..., np.newaxis], np.maximum(variance, _TINY**4)[..., np.newaxis]
    sums, mass = start * step, np.ones_like(step)
    inside = np.ones_like(drift)
    for earlier, now, (below, above) in zip(counts, counts[1:], bounds, strict=False):
        deviation = np.sqrt((now - earlier) * variance)
        expected = sums + (now - earlier) * step
        low, high = -now * below[..., np.newaxis], now * above[..., np.newaxis]
        inside = np.sum(mass * (ndtr((high - expected) / deviation) - ndtr((low - expected) / deviation)), axis=-1)
        reach = _REACH * np.sqrt((now - start) * variance)
        low, high = np.maximum(low, now * step - reach), np.minimum(high, now * step + reach)
        half = np.maximum(high - low, 0.0) / 2
        sums = low + half * (1 + _NODES)
        z = (sums[..., np.newaxis] - expected[..., np.newaxis, :]) / deviation[..., np.newaxis]
        density = np.sum(np.exp(-(z**2) / 2) * mass[..., np.newaxis, :], axis=-1) / (deviation * math.sqrt(2 * math.pi))
        mass = half * _WEIGHTS * density
    return np.asarray(1 - inside)
