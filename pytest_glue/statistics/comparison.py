"""A candidate against a baseline on the same examples: did the score drop by more than is allowed?"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtr, stdtrit

from pytest_glue.core.metrics import find_metric
from pytest_glue.core.verdict import Verdict
from pytest_glue.statistics.dropped_variance import variance_inflation
from pytest_glue.statistics.error_rates import error_rates
from pytest_glue.statistics.futility import conditional_power
from pytest_glue.statistics.metrics import Floats
from pytest_glue.statistics.power import minimum_detectable_drop, seeds_needed
from pytest_glue.statistics.run_variance import RunVariance
from pytest_glue.statistics.scale import FISHER_METRICS, on_test_scale, seed_variance_on_test_scale
from pytest_glue.statistics.scored_runs import ScoredRuns, check_scores
from pytest_glue.statistics.seed_variance import SeedVariance
from pytest_glue.statistics.variance import VarianceComponents, variance_components


@dataclass(frozen=True, slots=True)
class ComparisonDesign:
    """What a comparison tests, and at which error rates."""

    max_drop: float = 0.0
    """The allowed drop, or rise if lower is better, in units of the score, from 0. With 0 only an improvement passes:
    an unchanged checkpoint is inconclusive, and fails at most at the rate alpha."""
    alpha: float = 0.05
    """One-sided error rate: of the whole test run for fail, of the item for pass."""
    family_size: int = 1
    """Items of the test run that are compared; they share the error rate of fail."""
    interim_analyses: tuple[int, ...] = ()
    """The numbers of the candidate's seeds at which a verdict is tried, this one included; they share both error rates.
    Empty for a single analysis."""
    seed_variance: SeedVariance | None = None
    """The variance between seeds, used if no side has two runs."""
    fail_share: float = 1.0
    """The share of the error rate of fail that this comparison has; the rest is another test's of the same item."""
    later_analyses: tuple[int, ...] = ()
    """The numbers of the candidate's seeds at the interim analyses to come; empty if this is the last one."""
    fixed: tuple[bool, bool] = (False, False)
    """Whether candidate and baseline are fixed models: without seeds on any side, examples are all that varies."""

    def __post_init__(self) -> None:
        if not 0 <= self.max_drop < math.inf:
            raise ValueError(f"max drop {self.max_drop!r}; accepted: a finite number from 0 up")

    @property
    def nominal_alphas(self) -> tuple[float, float]:
        """The error rates of fail and of pass of this comparison.

        Raises:
            ValueError: a value out of range.
        """
        fail, _ = error_rates(self.fail_share * self.alpha, self.family_size, self.interim_analyses)
        return fail, error_rates(self.alpha, self.family_size, self.interim_analyses)[1]


DEFAULT_DESIGN = ComparisonDesign()


@dataclass(frozen=True, slots=True)
class Comparison:
    """A candidate's mean score against a baseline's, in units of the metric.

    A drop is a change for the worse: where lower is better, a rise. Drops are positive.
    What depends on the variance between seeds is None if that is unknown.
    """

    candidate_score: float
    baseline_score: float
    max_drop: float
    verdict: Verdict
    """pass, fail or inconclusive."""
    standard_error_seeds: float | None
    """The part of the difference's standard error that more seeds reduce."""
    standard_error_examples: float
    """The part that only more examples reduce."""
    degrees_of_freedom: float | None
    confidence_interval: tuple[float, float] | None
    """Of the difference. The verdict is fail if all of it lies below -max_drop, and pass if all of it lies above; where
    lower is better, above and below max_drop."""
    confidence_level: float
    p_fail: float | None
    """One-sided p value of the null hypothesis that the drop is at most `max_drop`."""
    p_pass: float | None
    """One-sided p value of the null hypothesis that the drop is at least `max_drop`."""
    minimum_detectable_drop: float | None
    """The drop that such a comparison detects with power 0.80, at the error rate of fail of this item; the smallest
    sensible `max_drop`. None too if no drop that the score leaves is detectable."""
    seeds_needed: int | None
    """Seeds on each side, the baseline recorded anew, with which `max_drop` is detectable; None if no number is, or a
    side is a fixed model."""
    variance_source: str | None
    """Where the variance between seeds was measured."""
    conditional_power: float | None = None
    """The probability that a later analysis says fail or pass, see `statistics.futility`; None if this comparison does,
    or if no analysis comes later."""

    @property
    def difference(self) -> float:
        """Candidate less baseline: negative is a drop, which is better where lower is better."""
        return self.candidate_score - self.baseline_score


def compare(
    candidate: ArrayLike,
    baseline: ArrayLike,
    references: ArrayLike,
    metric: str,
    design: ComparisonDesign = DEFAULT_DESIGN,
    groups: ArrayLike | None = None,
) -> Comparison:
    """Test whether the expected score over seeds and examples dropped by more than the design allows.

    Args:
        candidate: predictions, shape (k_a, n), or logits, (k_a, n, classes), if the metric needs probabilities.
        baseline: the same for k_b runs, of the same examples in the same order, with seeds of their own.
        references: shape (n,).
        metric: a name of `core.metrics.METRICS`.
        design: the allowed drop and the error rates.
        groups: of the examples that depend on each other, shape (n,); None if all are independent.

    Raises:
        ValueError: a value out of range, shapes that do not fit, or a run whose score is undefined.
    """
    ours, theirs = (ScoredRuns.of(metric, side, references, groups) for side in (candidate, baseline))
    return compare_runs(ours, theirs, metric, design)


def compare_runs(
    candidate: ScoredRuns, baseline: ScoredRuns, metric: str, design: ComparisonDesign = DEFAULT_DESIGN
) -> Comparison:
    """Test as `compare` does, with runs that are scored already.

    Args:
        candidate: one run or more.
        baseline: runs on the same examples, in the same groups.
        metric: of the scores.
        design: the allowed drop and the error rates.

    Raises:
        ValueError: a value out of range, or a run whose score is undefined.
    """
    check_scores("candidate", metric, candidate.scores)
    check_scores("baseline", metric, baseline.scores)
    ours, theirs = (
        side._replace(is_fixed=is_fixed) for side, is_fixed in zip((candidate, baseline), design.fixed, strict=True)
    )
    return _compare(ours, theirs, metric, design, float(baseline.example_step))


def p_values(difference: ArrayLike, components: VarianceComponents, max_drop: float) -> tuple[Floats, Floats]:
    """Return the one-sided p values of fail and of pass; NaN if the variance between seeds is unknown.

    Args:
        difference: candidate less baseline, shape (...).
        components: of the difference, same shape.
        max_drop: the allowed drop; 0 if the baseline was lowered by it, as `distance` does.
    """
    apart = np.asarray(difference, np.float64) + max_drop
    standard_error = np.sqrt(components.seeds + components.examples)
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.where(apart == 0, 0.0, apart / standard_error)
    df = np.where(np.isnan(standard_error), np.nan, components.degrees_of_freedom)
    return stdtr(df, t), stdtr(df, -t)


def distance(
    metric: str,
    candidate: ScoredRuns,
    baseline: ScoredRuns,
    max_drop: float,
    seed_variance: SeedVariance | None = None,
) -> tuple[Floats, VarianceComponents]:
    """Return how far the candidate is above the baseline lowered by `max_drop`, with its variance; scores are oriented.

    Both are on the scale of the test: Fisher's z for a correlation, units of the score for other metrics. A negative
    drop lowers the candidate instead, since a correlation raised towards 1 has no finite z.
    """
    baseline_score = baseline.scores.mean(axis=-1)
    ours, theirs = (
        on_test_scale(metric, candidate, max(-max_drop, 0.0)),
        on_test_scale(metric, baseline, max(max_drop, 0.0)),
    )
    # On the scale of Fisher's z, the variance does not grow as the score drops.
    inflation = 1.0 if metric in FISHER_METRICS else variance_inflation(metric, baseline_score, max_drop)
    if seed_variance is not None:  # measured at scores like the baseline's, where z varies most for a given deviation
        seed_variance = seed_variance_on_test_scale(metric, seed_variance, float(np.mean(baseline_score)))
    components = variance_components(ours, theirs, seed_variance, inflation)
    return ours.scores.mean(axis=-1) - theirs.scores.mean(axis=-1), components


def _compare(
    candidate: ScoredRuns, baseline: ScoredRuns, metric: str, design: ComparisonDesign, step: float
) -> Comparison:
    fail_alpha, pass_alpha = design.nominal_alphas
    inflation = variance_inflation(metric, float(baseline.scores.mean()), design.max_drop)
    components = variance_components(candidate, baseline, design.seed_variance, inflation)
    is_known = components.source is not None
    tested = distance(metric, candidate, baseline, design.max_drop, design.seed_variance)
    p_fail, p_pass = (float(p) for p in p_values(*tested, 0.0))
    run = RunVariance.of_comparison(metric, (candidate, baseline), components, step, design.seed_variance)
    detectable = float(minimum_detectable_drop(run, (candidate.n_seeds, baseline.n_seeds), fail_alpha))
    verdict = _verdict(is_worse=p_fail <= fail_alpha, is_not_worse=p_pass <= pass_alpha)
    is_open = verdict is Verdict.INCONCLUSIVE
    return Comparison(
        candidate_score=candidate.mean_score,
        baseline_score=baseline.mean_score,
        max_drop=design.max_drop,
        verdict=verdict,
        standard_error_seeds=float(np.sqrt(components.seeds)) if is_known else None,
        standard_error_examples=float(np.sqrt(components.examples)),
        degrees_of_freedom=float(components.degrees_of_freedom) if is_known else None,
        confidence_interval=_interval(metric, candidate, baseline, components, design) if is_known else None,
        confidence_level=round(1 - fail_alpha - pass_alpha, 12),
        p_fail=p_fail if is_known else None,
        p_pass=p_pass if is_known else None,
        minimum_detectable_drop=None if np.isnan(detectable) else detectable,
        seeds_needed=None if any(design.fixed) else seeds_needed(run, design.max_drop, fail_alpha),
        variance_source=components.source,
        conditional_power=_outlook(metric, candidate, baseline, tested[1], design) if is_open else None,
    )


def _outlook(
    metric: str, candidate: ScoredRuns, baseline: ScoredRuns, components: VarianceComponents, design: ComparisonDesign
) -> float | None:
    """Return the conditional power of an inconclusive comparison; None if it is unknown or no analysis comes later."""
    if not design.later_analyses or max(candidate.k, baseline.k) < 2:
        return None
    sides = on_test_scale(metric, candidate), on_test_scale(metric, baseline, design.max_drop)
    return float(conditional_power(*sides, components, design.nominal_alphas, design.later_analyses))


def _interval(
    metric: str,
    candidate: ScoredRuns,
    baseline: ScoredRuns,
    components: VarianceComponents,
    design: ComparisonDesign,
) -> tuple[float, float]:
    """Return the differences that neither test rejects, in units of the score."""
    low, high = _oriented_interval(metric, candidate, baseline, components, design)
    return (low, high) if candidate.sign > 0 else (-high, -low)


def _oriented_interval(
    metric: str,
    candidate: ScoredRuns,
    baseline: ScoredRuns,
    components: VarianceComponents,
    design: ComparisonDesign,
) -> tuple[float, float]:
    fail_alpha, pass_alpha = design.nominal_alphas
    if metric not in FISHER_METRICS:
        difference = float(candidate.scores.mean() - baseline.scores.mean())
        standard_error, df = float(np.sqrt(components.seeds + components.examples)), components.degrees_of_freedom
        below, above = (float(stdtrit(df, 1 - alpha)) * standard_error for alpha in (pass_alpha, fail_alpha))
        of_metric = find_metric(metric)
        widest = of_metric.high - of_metric.low
        return max(difference - below, -widest), min(difference + above, widest)

    def is_rejected(drop: float, side: int, alpha: float) -> bool:
        return bool(p_values(*distance(metric, candidate, baseline, drop, design.seed_variance), 0.0)[side] <= alpha)

    lowest, highest = -1 - float(candidate.scores.min()), 1 + float(baseline.scores.min())
    middle = float(baseline.scores.mean() - candidate.scores.mean())
    largest = _boundary(middle, highest, lambda drop: is_rejected(drop, 1, pass_alpha))
    smallest = _boundary(middle, lowest, lambda drop: is_rejected(drop, 0, fail_alpha))
    return -largest, -smallest


def _boundary(inside: float, outside: float, is_outside: Callable[[float], bool]) -> float:
    """Return the drop where the test begins to reject, by bisection; the end of the range if it never does."""
    for _ in range(40):
        middle = (inside + outside) / 2
        inside, outside = (inside, middle) if is_outside(middle) else (middle, outside)
    return (inside + outside) / 2


def _verdict(*, is_worse: bool, is_not_worse: bool) -> Verdict:
    if is_worse:
        return Verdict.FAIL
    return Verdict.PASS if is_not_worse else Verdict.INCONCLUSIVE
