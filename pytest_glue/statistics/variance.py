"""Variance components of a mean score, and of a difference of two: between seeds and between examples."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from pytest_glue.statistics.metrics import Floats
from pytest_glue.statistics.scored_runs import ScoredRuns
from pytest_glue.statistics.seed_variance import SeedVariance

SEED_VARIANCE_FACTOR = 1.08
"""Multiplies the variance between seeds. Effects of seeds are not normal, and error rates must stay below alpha."""

BORROWED_VARIANCE_FACTOR = 1.4
"""Multiplies the variance that a side of one run takes from the other side: its own runs may vary more."""


FIXED = "fixed models"
"""The source of the variance between seeds where there is none: no side chose a seed."""
SINGLE_RUN_DEGREES_OF_FREEDOM = 3
"""The most degrees of freedom of a comparison of one run with several, and of the seeds' part of one run with one. One
run says nothing about the tails of its noise, so they are taken to be as heavy as those of t with 3 degrees of
freedom."""
FEW_RUNS = 2
"""With so few runs on a side, the whole difference has at most the degrees of freedom of the design."""
ONE_EXAMPLE_DEGREES_OF_FREEDOM = 2
"""Degrees of freedom of the variance of one example. Without any example on which the sides differ, a drop of 2.92 / n
is then ruled out at 5 %; so large a drop leaves no such example among n with a probability of exp(-2.92) = 0.054."""


class VarianceComponents(NamedTuple):
    """Variances of an estimate by source, in squared units of the score; arrays of shape (...)."""

    seeds: Floats
    """Due to the choice of seeds; NaN if unknown."""
    examples: Floats
    """Due to the choice of the split's examples."""
    degrees_of_freedom: Floats
    """Of the sum of the two (Satterthwaite)."""
    examples_degrees_of_freedom: Floats
    """Of the examples' part: the effective number of examples that differ, less 1."""
    residual_variance: Floats
    """Of one run's score, due to the interaction of seed and example: examples that one seed gets right and another
    does not."""
    source: str | None
    """Where the seeds' part was measured; None if it is unknown."""


class _SeedComponents(NamedTuple):
    """The seeds' part of one side; arrays of shape (...)."""

    of_run: Floats
    """Variance of one run's score on a fixed split."""
    residual_variance: Floats
    """The part of it that is due to the interaction with examples."""
    of_scores: Floats
    """Variance of the scores as measured, times `SEED_VARIANCE_FACTOR`."""
    satterthwaite: Floats
    """Variance of the scores squared, over its degrees of freedom."""


def variance_components(
    candidate: ScoredRuns,
    baseline: ScoredRuns | None = None,
    seed_variance: SeedVariance | None = None,
    inflation: Floats | float = 1.0,
) -> VarianceComponents:
    """Return the variance of the candidate's mean score, or of its difference from the baseline's.

    The score of a run is its expectation, plus an effect of the split's examples that all runs share, plus an effect
    of the seed, plus the interaction of seed and examples: a two-way random effects model, seeds crossed with
    examples. More seeds reduce the last two; the shared effect of the examples stays. A fixed model has no effect of
    a seed: what it does on an example belongs to the examples' part.

    Args:
        candidate: k_a runs on n examples.
        baseline: k_b runs on the same examples, with seeds of their own; None for the mean score alone.
        seed_variance: the variance between seeds, used if no side has two runs.
        inflation: factor on a borrowed or given variance, (...): 1 if the scores are expected to be equal.
    """
    sides = [candidate] if baseline is None else [candidate, baseline]
    seeded = [side for side in sides if not side.is_fixed]
    measured = [_seed_components(side) if side.k > 1 else None for side in seeded]
    known = [each for each in measured if each is not None]
    mean = candidate.influences.mean(axis=-2)
    if baseline is not None:
        mean = mean - baseline.influences.mean(axis=-2)
    total, total_df = _examples(mean)
    if baseline is None:
        # If all examples are right here, some may be wrong on another split: the error is at least one example's.
        total = np.maximum(total, (candidate.least_error / mean.shape[-1]) ** 2)
    if not seeded:
        return _of_fixed(sides, total, total_df)
    if not known:
        factor = 1.0 if candidate.is_fixed else inflation + len(seeded) - 1
        return _with_prior(len(sides), seed_variance, total, total_df, factor)
    used = [each or known[0] for each in measured]
    borrowed = inflation * BORROWED_VARIANCE_FACTOR
    shares = [1 / side.k if own else borrowed / side.k for own, side in zip(measured, seeded, strict=True)]
    seeds = _sum(share * each.of_run for share, each in zip(shares, used, strict=True))
    residual_variance = _sum(each.residual_variance / side.k for each, side in zip(used, seeded, strict=True))
    if len(known) < len(seeded):  # both sides have the same estimate
        squares = (shares[0] + shares[1]) ** 2 * known[0].satterthwaite
    else:
        squares = _sum(share**2 * each.satterthwaite for share, each in zip(shares, used, strict=True))
    # A side whose scores tie by accident has the residual variance, which does not make its seeds' part well known.
    squares = np.maximum(squares, seeds**2 / design_degrees_of_freedom(*(side.k for side in seeded)))
    examples = np.maximum(total - residual_variance, 0.0)
    df = _satterthwaite(seeds + examples, squares + total**2 / total_df)
    if baseline is not None:
        examples, df = _at_least_one_example(sides, seeds, examples, df)
        df = limited_degrees_of_freedom(df, candidate.n_seeds, baseline.n_seeds)
    of_run = _sum(each.residual_variance for each in used) / len(used)
    return VarianceComponents(seeds, examples, df, total_df, of_run, _source(seeded))


def _of_fixed(sides: Sequence[ScoredRuns], total: Floats, total_df: Floats) -> VarianceComponents:
    """Return the components of fixed models, which are those of the examples alone."""
    none = np.zeros_like(total)
    examples, df = _at_least_one_example(sides, none, total, total_df) if len(sides) > 1 else (total, total_df)
    return VarianceComponents(none, examples, df, total_df, none, FIXED)


def _at_least_one_example(
    sides: Sequence[ScoredRuns], seeds: Floats, examples: Floats, df: Floats
) -> tuple[Floats, Floats]:
    """Return the examples' part and the degrees of freedom if the difference varies at least by one example.

    Sides that agree on all examples of this split may differ on some of another one.
    """
    n = sides[0].n_examples
    if not n:
        return examples, df
    least = (np.minimum(sides[0].example_step, sides[-1].example_step) / n) ** 2
    is_less = seeds + examples < least
    return np.where(is_less, least - seeds, examples), np.where(is_less, ONE_EXAMPLE_DEGREES_OF_FREEDOM, df)


def limited_degrees_of_freedom(df: Floats, candidate: int, baseline: int) -> Floats:
    """Return the degrees of freedom of a difference, limited to those of the design if a side has few runs.

    With two runs, or one, scores that tie by accident leave the examples' part alone, which looks well known.
    """
    if min(candidate, baseline) > FEW_RUNS or max(candidate, baseline) < 2:
        return df
    return np.minimum(df, design_degrees_of_freedom(candidate, baseline))


def design_degrees_of_freedom(candidate: int, baseline: int | None = None) -> float:
    """Return the most degrees of freedom that the seeds' part can have: Satterthwaite's, if all runs vary alike.

    Satterthwaite's estimate jumps up if the smaller side happens to vary little, just when its variance is too small.

    Args:
        candidate: the number of its runs.
        baseline: the number of its runs; None for the mean score of the candidate alone.

    Raises:
        ValueError: no side has two runs, which leaves no degree of freedom.
    """
    counts = [candidate] if baseline is None else [candidate, baseline]
    if max(counts) < 2:
        raise ValueError(f"runs {counts}; accepted: at least 2 on one side")
    if min(counts) < 2:
        return min(max(counts) - 1, SINGLE_RUN_DEGREES_OF_FREEDOM)
    return sum(1 / k for k in counts) ** 2 / sum(1 / (k**2 * (k - 1)) for k in counts)


def _seed_components(side: ScoredRuns) -> _SeedComponents:
    k, n = side.influences.shape[-2:]
    residuals = side.influences - side.influences.mean(axis=-2, keepdims=True)
    residual_variance = np.sum(residuals**2, axis=(-2, -1)) / ((k - 1) * (n - 1) * n)
    of_scores = SEED_VARIANCE_FACTOR * np.var(side.scores, axis=-1, ddof=1)
    # The interaction alone makes scores vary by the residual variance: a lower bound for runs whose scores tie though
    # their predictions differ.
    of_run = np.maximum(of_scores, residual_variance)
    return _SeedComponents(of_run, residual_variance, of_scores, of_scores**2 / (k - 1))


def _examples(mean: Floats) -> tuple[Floats, Floats]:
    """Return the variance of the mean over examples, (...), and its degrees of freedom.

    The degrees of freedom count the examples that contribute, weighted by how evenly they do.
    """
    n = mean.shape[-1]
    each = mean**2
    squares, fourths = each.sum(axis=-1), np.sum(each**2, axis=-1)
    effective = squares**2 / np.where(fourths == 0, 1.0, fourths)
    return squares / (n * (n - 1)), np.clip(effective - 1, 1.0, n - 1)


def _with_prior(
    n_sides: int, seed_variance: SeedVariance | None, total: Floats, total_df: Floats, factor: Floats | float
) -> VarianceComponents:
    """Return the components for one run on each side.

    One run cannot separate the examples' part from the interaction; the sum of both is an upper bound.

    Args:
        n_sides: one, or two for a difference.
        seed_variance: given or published; None if it is unknown.
        total: the variance of the mean over examples.
        total_df: its degrees of freedom.
        factor: how often the variance between seeds counts: once for each side that has a seed, or more.
    """
    residual_variance = total / n_sides
    if seed_variance is None:
        unknown = np.full_like(total, np.nan)
        return VarianceComponents(unknown, total, total_df, total_df, residual_variance, None)
    seeds = np.broadcast_to(SEED_VARIANCE_FACTOR * seed_variance.standard_deviation**2 * factor, total.shape)
    of_seeds = seed_variance.degrees_of_freedom
    if n_sides > 1:
        of_seeds = min(of_seeds, SINGLE_RUN_DEGREES_OF_FREEDOM)
    df = _satterthwaite(seeds + total, seeds**2 / of_seeds + total**2 / total_df)
    return VarianceComponents(seeds, total, df, total_df, residual_variance, seed_variance.source)


def _source(sides: Sequence[ScoredRuns]) -> str:
    if len(sides) == 1 or min(side.k for side in sides) > 1:
        return "own runs"
    return "the candidate's runs" if sides[0].k > 1 else "the baseline's runs"


def _satterthwaite(total: Floats, squares: Floats) -> Floats:
    """Return total^2 / sum(part^2 / df of the part), at least 1 (Satterthwaite 1946); 1 if all variances are 0."""
    return np.where(squares > 0, np.maximum(total**2 / np.where(squares > 0, squares, 1.0), 1.0), 1.0)


def _sum(parts: Iterable[Floats]) -> Floats:
    return np.asarray(np.sum(list(parts), axis=0), np.float64)
