"""The noise of a mean score and of a difference of two, split by its sources: seeds and examples."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from pytest_glue.statistics.influence import influence
from pytest_glue.statistics.metrics import Floats, aligned, check_metric, score_aligned
from pytest_glue.statistics.seed_variance import SeedVariance


class ScoredRuns(NamedTuple):
    """The runs of one checkpoint and recipe on one split."""

    scores: Floats
    """Shape (..., k)."""

    influences: Floats
    """Shape (..., k, n)."""

    @classmethod
    def of(cls, metric: str, predictions: ArrayLike, references: ArrayLike) -> "ScoredRuns":
        """Return the runs of predictions (..., k, n) and references (..., n)."""
        check_metric(metric)
        predicted, gold = aligned(predictions, references)
        scores = score_aligned(metric, predicted, gold)
        return cls(scores, influence(metric, predicted, gold, scores))

    @property
    def k(self) -> int:
        """The number of seeds."""
        return int(self.scores.shape[-1])


class VarianceComponents(NamedTuple):
    """Variances of an estimate by source, in squared units of the score; all of shape (...)."""

    seeds: Floats
    """From other seeds; NaN where nothing tells it."""

    examples: Floats
    """From another draw of the split's examples."""

    degrees_of_freedom: Floats
    """Satterthwaite's, of the sum of the two."""

    examples_degrees_of_freedom: Floats
    """Of the examples' part: the effective number of examples that differ, less 1."""

    residual_variance: Floats
    """From single examples that one run gets otherwise than the next: the part of one run's own variance."""

    source: str | None
    """What the seeds' part was taken from; None where nothing tells it."""

    forecast_degrees_of_freedom: Floats
    """Of a comparison to come: as `degrees_of_freedom`, without the luck of a small side that seems to vary little."""

    candidate_share: float = 0.5
    """The share of the variance that follows the candidate's score."""


class _Seeds(NamedTuple):
    """The seeds' part of one side."""

    run: Floats
    """Variance of one run's score on a fixed split, (...)."""

    residual_variance: Floats
    """The part of it that comes from single examples, each on its own, (...)."""

    scores: Floats
    """The variance of the scores as it was measured, with the margin, (...)."""

    squares: Floats
    """What Satterthwaite adds up, (...): the square of the estimated part of `run` over its degrees of freedom."""


DEGREES_OF_FREEDOM_MARGIN = 1.08
"""Factor on the variance between seeds: their effects are not normal, and error rates have to stay below alpha and not
only about it."""

BORROWED = 1.4
"""Factor on the variance of a side of one run that borrows the other side's: its runs may well spread more."""


def variance_components(
    candidate: ScoredRuns,
    baseline: ScoredRuns | None = None,
    seed_variance: SeedVariance | None = None,
    widening: Floats | float = 1.0,
) -> VarianceComponents:
    """Return the noise of the candidate's mean score, or of its difference from the baseline's on the same examples.

    A run's score is modelled as its expectation, plus an effect of the examples shared by all runs on the split, plus
    an effect of the seed, plus flips of single examples by this seed (a two-way random effects model, seeds crossed
    with examples). Seeds shrink with their number, the shared effect of the examples does not.

    Args:
        candidate: k_a runs on n examples.
        baseline: k_b runs on the same examples, other seeds; None for the mean score alone.
        seed_variance: the seeds' spread for the case that no side has two runs.
        widening: a further factor on a borrowed variance, (...): 1 where the side is expected to score alike.
    """
    sides = [candidate] if baseline is None else [candidate, baseline]
    measured = [_seeds(side) if side.k > 1 else None for side in sides]
    known = [seeds for seeds in measured if seeds is not None]
    mean = candidate.influences.mean(axis=-2)
    if baseline is not None:
        mean = mean - baseline.influences.mean(axis=-2)
    total, total_df = _examples(mean)
    if baseline is None:
        # A split on which all is right does not show that all is right everywhere: no score is surer than one example.
        total = np.maximum(total, mean.shape[-1] ** -2.0)
    if not known:
        return _with_prior(sides, seed_variance, total, total_df, widening)
    # A side of one run borrows the spread of the other: both are then one estimate.
    used = [seeds or known[0] for seeds in measured]
    shares = [1 / side.k if own else widening * BORROWED / side.k for own, side in zip(measured, sides, strict=True)]
    seeds_variance = _sum(share * seeds.run for share, seeds in zip(shares, used, strict=True))
    residual_variance = _sum(seeds.residual_variance / side.k for seeds, side in zip(used, sides, strict=True))
    if len(known) < len(sides):
        squares = (shares[0] + shares[1]) ** 2 * known[0].squares
    else:
        squares = _sum(share**2 * seeds.squares for share, seeds in zip(shares, used, strict=True))
    examples = np.maximum(total - residual_variance, 0.0)
    df = _satterthwaite(seeds_variance + examples, squares + total**2 / total_df)
    of_run = _sum(seeds.residual_variance for seeds in used) / len(used)
    found = VarianceComponents(seeds_variance, examples, df, total_df, of_run, _source(sides), df)
    return _with_forecast(found, sides, used, total**2 / total_df)


def _with_forecast(
    found: VarianceComponents, sides: list[ScoredRuns], used: list[_Seeds], examples_squares: Floats
) -> VarianceComponents:
    """Add what a comparison to come has to reckon with where the sides have unequal numbers of seeds."""
    k_a, k_b = sides[0].k, sides[-1].k
    if k_a in {1, k_b}:
        return found
    if k_b == 1:
        return found._replace(candidate_share=1.0)
    # Welch's degrees of freedom as they were if both sides had the same, pooled spread.
    pooled = ((k_a - 1) * used[0].scores + (k_b - 1) * used[1].scores) / (k_a + k_b - 2)
    seeds = np.maximum(pooled, found.residual_variance) * (1 / k_a + 1 / k_b)
    squares = pooled**2 * (1 / (k_a**2 * (k_a - 1)) + 1 / (k_b**2 * (k_b - 1)))
    forecast = np.minimum(found.degrees_of_freedom, _satterthwaite(seeds + found.examples, squares + examples_squares))
    return found._replace(forecast_degrees_of_freedom=forecast, candidate_share=k_b / (k_a + k_b))


def _sum(parts: Iterable[Floats]) -> Floats:
    return np.asarray(np.sum(list(parts), axis=0), np.float64)


def _source(sides: list[ScoredRuns]) -> str:
    if len(sides) == 1 or min(side.k for side in sides) > 1:
        return "own runs"
    return "the candidate's runs" if sides[0].k > 1 else "the baseline's runs"


def _with_prior(
    sides: list[ScoredRuns],
    seed_variance: SeedVariance | None,
    total: Floats,
    total_df: Floats,
    widening: Floats | float,
) -> VarianceComponents:
    """Without a second run the examples' part cannot be told from flips: it stays whole, on the safe side."""
    residual_variance = total / len(sides)
    if seed_variance is None:
        return VarianceComponents(
            np.full_like(total, np.nan), total, total_df, total_df, residual_variance, None, total_df
        )
    seeds = np.broadcast_to(
        DEGREES_OF_FREEDOM_MARGIN * seed_variance.standard_deviation**2 * (widening + len(sides) - 1), total.shape
    )
    df = _satterthwaite(seeds + total, seeds**2 / seed_variance.degrees_of_freedom + total**2 / total_df)
    return VarianceComponents(seeds, total, df, total_df, residual_variance, seed_variance.source, df)


def _seeds(side: ScoredRuns) -> _Seeds:
    k, n = side.influences.shape[-2:]
    residuals = side.influences - side.influences.mean(axis=-2, keepdims=True)
    residual_variance = np.sum(residuals**2, axis=(-2, -1)) / ((k - 1) * (n - 1) * n)
    # Flips alone make scores vary by so much: a lower bound for runs whose scores tie though their predictions differ.
    # It is known far better than the variance of k scores, which alone is uncertain.
    scores = DEGREES_OF_FREEDOM_MARGIN * np.var(side.scores, axis=-1, ddof=1)
    return _Seeds(np.maximum(scores, residual_variance), residual_variance, scores, scores**2 / (k - 1))


def _examples(mean: Floats) -> tuple[Floats, Floats]:
    """Return the variance of the mean over examples, (...), and its degrees of freedom.

    Those count the examples that carry the sum, as far as they weigh alike, and not the many that add nothing.
    """
    n = mean.shape[-1]
    each = mean**2
    squares, fourths = each.sum(axis=-1), np.sum(each**2, axis=-1)
    effective = squares**2 / np.where(fourths == 0, 1.0, fourths)
    return squares / (n * (n - 1)), np.clip(effective - 1, 1.0, n - 1)


def _satterthwaite(total: Floats, squares: Floats) -> Floats:
    """Satterthwaite 1946: total^2 / sum(part^2 / df of the part); 1 where there is no noise at all."""
    return np.where(squares > 0, np.maximum(total**2 / np.where(squares > 0, squares, 1.0), 1.0), 1.0)
