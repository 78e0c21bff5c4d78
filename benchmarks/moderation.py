"""What moderating the variance between seeds (empirical Bayes, Smyth 2004) would win and cost. The gate does not do it.

Normal theory: the scores of 3 against 3 seeds, say, and a prior from other items of 3 against 3. The prior's degrees of
freedom are estimated by moments and limited; the prior is dropped where the item's variance is too large for it.
"""

from typing import NamedTuple

import numpy as np
from scipy.special import digamma, polygamma, stdtrit
from scipy.stats import f

from benchmarks.judging import ALPHA, Array, shown

DROP_ERRORS = 3.0
"""The drop whose power is shown, in standard errors."""
ITEMS_DF = 10
"""How much the true variances of items differ: they are inverse chi-squared with so many degrees of freedom."""


class Rule(NamedTuple):
    """When a prior is used."""

    limit: float
    """The most degrees of freedom that it counts as."""
    point: float
    """The point of the F distribution up to which an item's variance does not contradict it."""


def prior(variances: Array, df: float, limit: float) -> tuple[Array, Array]:
    """Return the prior's degrees of freedom and variance, (trials,), from variances of other items, (trials, items)."""
    logs = np.log(variances) - digamma(df / 2) + np.log(df / 2)
    excess = np.maximum(logs.var(axis=1, ddof=1) - polygamma(1, df / 2), 1e-6)
    of_prior = np.minimum(2 * _inverse_trigamma(excess), limit)
    return of_prior, np.exp(logs.mean(axis=1) + digamma(of_prior / 2) - np.log(of_prior / 2))


def _inverse_trigamma(values: Array) -> Array:
    """Solve trigamma(y) = value by Newton's method (Smyth 2004, appendix)."""
    y = 0.5 + 1 / values
    for _ in range(50):
        trigamma = polygamma(1, y)
        y = y + trigamma * (1 - trigamma / values) / polygamma(2, y)
    return np.asarray(y)


def print_moderation(trials: int, rng: np.random.Generator) -> None:
    """Print error rates and power, with a prior of 20 items whose variances differ as 10 degrees of freedom would."""
    print(f"\n### Moderated variance between seeds, normal theory ({trials} trials a cell)\n")
    print("Prior of 20 other items. In a cell: the share of fails at alpha 0.05 · at 0.005, as for ten items.")
    print("*like the others*, *4 times the prior's*: the variance between seeds, with no drop. *power*: a drop of 3")
    print("standard errors. *kept up to*: the point of F up to which the prior is used.\n")
    columns = ("seeds", "limit of df", "kept up to", "like the others", "4 times the prior's", "power", "power without")
    print(f"| {' | '.join(columns)} |\n|{'---|' * len(columns)}")
    for k in (3, 5):
        for limit, point in ((10, 0.95), (4, 0.95), (4, 0.8), (4, 0.5)):
            rule = Rule(limit, point)
            alike, _ = _rates(rule, k, _item(trials, rng), 0.0, rng)
            larger, _ = _rates(rule, k, np.full(trials, 4.0), 0.0, rng)
            moderated, plain = _rates(rule, k, _item(trials, rng), DROP_ERRORS, rng)
            cells = [" · ".join(map(shown, rates)) for rates in (alike, larger, moderated, plain)]
            print(f"| {k} v {k} | {limit} | {point} | {' | '.join(cells)} |", flush=True)


def _item(shape: int | tuple[int, int], rng: np.random.Generator) -> Array:
    """Return true variances of items."""
    return np.asarray(ITEMS_DF / rng.chisquare(ITEMS_DF, shape))


def _rates(rule: Rule, k: int, true: Array, drop: float, rng: np.random.Generator) -> tuple[list[float], list[float]]:
    """Return the shares of fails with and without moderation, at both error rates, for items of true variances."""
    df = 2 * (k - 1)
    others = _item((true.size, 20), rng) * rng.chisquare(df, (true.size, 20)) / df
    of_prior, expected = prior(others, df, rule.limit)
    measured = true * rng.chisquare(df, true.size) / df
    difference = np.sqrt(2 / k) * (np.sqrt(true) * rng.standard_normal(true.size) - drop)
    is_used = measured / expected <= f.ppf(rule.point, df, of_prior)
    variance = np.where(is_used, (of_prior * expected + df * measured) / (of_prior + df), measured)
    moderated = difference / np.sqrt(2 / k * variance), np.where(is_used, of_prior + df, df)
    plain = difference / np.sqrt(2 / k * measured), np.full(true.size, float(df))
    return _shares(*moderated), _shares(*plain)


def _shares(t: Array, df: Array) -> list[float]:
    return [float(np.mean(t <= stdtrit(df, alpha))) for alpha in (ALPHA, ALPHA / 10)]
