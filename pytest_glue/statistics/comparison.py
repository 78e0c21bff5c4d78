"""A candidate against a baseline on the same examples: did it drop by more than is allowed?"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtr, stdtrit

from pytest_glue.core.verdict import Verdict
from pytest_glue.statistics.error_rates import error_rates
from pytest_glue.statistics.metrics import Floats
from pytest_glue.statistics.power import minimum_detectable_drop, seeds_needed, variance_inflation
from pytest_glue.statistics.seed_variance import SeedVariance
from pytest_glue.statistics.variance import ScoredRuns, VarianceComponents, variance_components


@dataclass(frozen=True, slots=True)
class Comparison:
    """A candidate's mean score against a baseline's. Scores and drops are fractions; None where nothing tells them."""

    candidate_score: float
    baseline_score: float
    max_drop: float
    verdict: Verdict
    """pass, fail or inconclusive."""

    standard_error_seeds: float | None
    """The part of the difference's standard error that more seeds make smaller."""

    standard_error_examples: float
    """The part that only more examples make smaller."""

    degrees_of_freedom: float | None
    confidence_interval: tuple[float, float] | None
    """Of the difference. The verdict is fail if all of it lies below -max_drop, and pass if all of it lies above."""

    confidence_level: float
    p_fail: float | None
    """One-sided: how likely evidence this strong for a drop of more than `max_drop` is where there is no such drop."""

    p_pass: float | None
    """One-sided: how likely evidence this strong for a drop of less than `max_drop` is where the drop is `max_drop`."""

    minimum_detectable_drop: float | None
    """Seen with power 0.80 by such a comparison; the smallest sensible `max_drop`."""

    seeds_needed: int | None
    """Seeds a side with which `max_drop` is visible; None where no number is enough, or nothing tells the spread."""

    variance_source: str | None
    """What the seeds' part was taken from."""

    @property
    def difference(self) -> float:
        """Candidate less baseline: negative is a drop."""
        return self.candidate_score - self.baseline_score

    @property
    def standard_error(self) -> float | None:
        """Of the difference, from both sources."""
        if self.standard_error_seeds is None:
            return None
        return float(np.hypot(self.standard_error_seeds, self.standard_error_examples))


def compare(  # noqa: PLR0913 - each is a part of the question
    candidate: ArrayLike,
    baseline: ArrayLike,
    references: ArrayLike,
    metric: str,
    *,
    max_drop: float = 0.0,
    alpha: float = 0.05,
    family_size: int = 1,
    interim_analyses: Sequence[int] = (),
    seed_variance: SeedVariance | None = None,
) -> Comparison:
    """Judge whether the expected score over seeds and examples dropped by more than `max_drop`.

    Args:
        candidate: predictions, shape (k_a, n).
        baseline: predictions, shape (k_b, n), of the same examples in the same order, with seeds of their own.
        references: shape (n,).
        metric: one of `score.METRIC_NAMES`.
        max_drop: the allowed drop, as a fraction. With 0 only an improvement can pass: a checkpoint that did not
            change is inconclusive, and fails at most at the rate alpha.
        alpha: the one-sided error rate of either verdict, as `looks.error_rates` shares it out.
        family_size: items in the run, among which the rate of a fail is shared.
        interim_analyses: the numbers of the candidate's seeds at which a verdict is tried, this one included, if there
            are several; they share the rates.
        seed_variance: the seeds' spread for one run a side; unused where a side has two runs or more.

    Raises:
        ValueError: a value out of range, shapes that do not fit, or a run whose score is undefined.
    """
    fail_alpha, pass_alpha = error_rates(alpha, family_size, interim_analyses)
    if not 0 <= max_drop < 2:
        raise ValueError(f"max drop {max_drop!r}; accepted: a fraction from 0 up to 2")
    sides = [ScoredRuns.of(metric, side, references) for side in (candidate, baseline)]
    for name, side in zip(("candidate", "baseline"), sides, strict=True):
        check_scores(name, metric, side.scores)
    means = [float(side.scores.mean()) for side in sides]
    of_difference = variance_components(
        sides[0], sides[1], seed_variance, variance_inflation(metric, means[1], max_drop)
    )
    seen = _Seen(means, of_difference, (sides[0].k, sides[1].k), metric)
    return _judge(seen, max_drop, fail_alpha, pass_alpha)


def p_values(difference: ArrayLike, of_difference: VarianceComponents, max_drop: float) -> tuple[Floats, Floats]:
    """Return the one-sided p values of fail and of pass; NaN where the noise is unknown.

    Args:
        difference: candidate less baseline, shape (...).
        of_difference: its noise, same shape.
        max_drop: the allowed drop.
    """
    margin = np.asarray(difference, np.float64) + max_drop
    standard_error = np.sqrt(of_difference.seeds + of_difference.examples)
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.where(margin == 0, 0.0, margin / standard_error)
    df = np.where(np.isnan(standard_error), np.nan, of_difference.degrees_of_freedom)
    return stdtr(df, t), stdtr(df, -t)


def check_scores(name: str, metric: str, scores: Floats) -> None:
    """Raise ValueError for runs without a score."""
    undefined = np.flatnonzero(np.isnan(scores))
    if undefined.size:
        runs = ", ".join(str(run) for run in undefined)
        raise ValueError(f"{metric} of the {name} is undefined in run {runs} (constant predictions?)")


class _Seen(NamedTuple):
    means: list[float]
    variance_components: VarianceComponents
    seeds: tuple[int, int]
    metric: str


def _judge(seen: _Seen, max_drop: float, fail_alpha: float, pass_alpha: float) -> Comparison:
    means, of_difference, seeds, metric = seen
    difference = means[0] - means[1]
    p_fail, p_pass = (float(p) for p in p_values(difference, of_difference, max_drop))
    known = of_difference.source is not None
    seeds_part, examples_part = float(np.sqrt(of_difference.seeds)), float(np.sqrt(of_difference.examples))
    df, standard_error = float(of_difference.degrees_of_freedom), float(np.hypot(seeds_part, examples_part))
    below, above = (float(stdtrit(df, 1 - alpha)) * standard_error for alpha in (pass_alpha, fail_alpha))
    visible = minimum_detectable_drop(of_difference, fail_alpha, metric, means[1])
    verdict = Verdict.INCONCLUSIVE
    if p_fail <= fail_alpha:
        verdict = Verdict.FAIL
    elif p_pass <= pass_alpha:
        verdict = Verdict.PASS
    return Comparison(
        candidate_score=means[0],
        baseline_score=means[1],
        max_drop=max_drop,
        verdict=verdict,
        standard_error_seeds=seeds_part if known else None,
        standard_error_examples=examples_part,
        degrees_of_freedom=df if known else None,
        confidence_interval=(difference - below, difference + above) if known else None,
        confidence_level=1 - fail_alpha - pass_alpha,
        p_fail=p_fail if known else None,
        p_pass=p_pass if known else None,
        minimum_detectable_drop=float(visible) if known else None,
        seeds_needed=seeds_needed(of_difference, seeds, max_drop, fail_alpha, metric, means[1]) if known else None,
        variance_source=of_difference.source,
    )
