"""The conditional power of an inconclusive comparison."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import ndtr, stdtrit

from pytest_glue.statistics.comparison import ComparisonDesign, compare, p_values
from pytest_glue.statistics.error_rates import error_rates, interim_analyses
from pytest_glue.statistics.futility import FUTILITY_LIMIT, conditional_power
from pytest_glue.statistics.scored_runs import ScoredRuns
from pytest_glue.statistics.variance import design_degrees_of_freedom, variance_components

Array = NDArray[np.float64]
COUNTS = interim_analyses(3, 10)
ALPHAS = error_rates(0.05, 1, COUNTS)
N = 200
LABELS = np.ones(N)


def simulated(rng: np.random.Generator, trials: int, quality: float = 1.0) -> ScoredRuns:
    """Return ten runs of each trial, shape (trials, 10); seeds shift the quality, and single examples flip."""
    hard = np.random.default_rng(12).normal(size=N)
    noise = 0.1 * rng.normal(size=(trials, 10, 1)) + 0.3 * rng.normal(size=(trials, 10, N))
    return ScoredRuns.of("accuracy", quality + hard + noise > 0, np.broadcast_to(LABELS, (trials, N)))


def first(runs: ScoredRuns, k: int) -> ScoredRuns:
    return ScoredRuns(runs.scores[:, :k], runs.influences[:, :k])


def power(candidate: ScoredRuns, baseline: ScoredRuns, max_drop: float, later: tuple[int, ...]) -> Array:
    """Return the conditional power at the error rates of four analyses."""
    components = variance_components(candidate, baseline)
    lowered = ScoredRuns(baseline.scores - max_drop, baseline.influences)
    return conditional_power(candidate, lowered, components, ALPHAS, later)


def test_a_single_later_analysis_has_a_closed_form() -> None:
    """The difference after 10 runs is normal around that after 3, and fails or passes beyond t standard errors."""
    rng = np.random.default_rng(0)
    candidate, baseline = first(simulated(rng, 50), 3), simulated(rng, 50)
    now = variance_components(candidate, baseline)
    of_run, of_baseline = (variance_components(side).seeds * side.k for side in (candidate, baseline))
    seeds = of_run / 10 + of_baseline / 10
    squares = seeds**2 / design_degrees_of_freedom(10, 10) + now.examples**2 / now.examples_degrees_of_freedom
    df = np.maximum((seeds + now.examples) ** 2 / squares, now.degrees_of_freedom)
    distance = candidate.scores.mean(axis=1) - baseline.scores.mean(axis=1) + 0.01
    deviation = np.sqrt(7 * of_run * 4 / 3) / 10
    low, high = (stdtrit(df, quantile) * np.sqrt(seeds + now.examples) for quantile in (ALPHAS[0], 1 - ALPHAS[1]))
    expected = ndtr((low - distance) / deviation) + ndtr((distance - high) / deviation)
    assert power(candidate, baseline, 0.01, (10,)) == pytest.approx(expected, abs=1e-5)


def test_several_later_analyses_are_between_the_largest_and_the_sum() -> None:
    """The probability that any analysis is conclusive is at least that of each and at most their sum."""
    rng = np.random.default_rng(1)
    candidate, baseline = first(simulated(rng, 50), 3), simulated(rng, 50)
    each = np.stack([power(candidate, baseline, 0.01, (k,)) for k in COUNTS[1:]])
    together = power(candidate, baseline, 0.01, COUNTS[1:])
    assert (each.max(axis=0) - 1e-6 <= together).all()
    assert (together <= each.sum(axis=0) + 1e-6).all()
    assert (together - each.max(axis=0)).max() > 0.01


def test_runs_that_are_judged_futile_are_rarely_conclusive_later() -> None:
    """If the seeds are run all the same, at most one in ten of the futile comparisons becomes conclusive."""
    rng = np.random.default_rng(2)
    candidate, baseline = simulated(rng, 2000), simulated(rng, 2000)
    is_futile = power(first(candidate, 3), baseline, 0.0, COUNTS[1:]) < FUTILITY_LIMIT
    later = np.zeros(2000, bool)
    for k in COUNTS[1:]:
        runs = first(candidate, k)
        difference = runs.scores.mean(axis=1) - baseline.scores.mean(axis=1)
        p_fail, p_pass = p_values(difference, variance_components(runs, baseline), 0.0)
        later |= (p_fail <= ALPHAS[0]) | (p_pass <= ALPHAS[1])
    assert is_futile.mean() > 0.4
    assert later[is_futile].mean() < FUTILITY_LIMIT


def test_a_trend_decides() -> None:
    """A drop that almost fails is not futile; no drop with none allowed is."""
    rng = np.random.default_rng(3)
    baseline = simulated(rng, 300)
    dropped = power(first(simulated(rng, 300, 0.8), 3), baseline, 0.0, COUNTS[1:])
    unchanged = power(first(baseline, 3), baseline, 0.0, COUNTS[1:])
    assert np.median(dropped) > 0.5
    assert np.median(unchanged) < FUTILITY_LIMIT


def test_equal_runs_without_noise_are_futile() -> None:
    """If all runs predict the same, nothing will ever differ."""
    runs = ScoredRuns.of("accuracy", np.repeat([[1, 1, 0, 1]], 10, axis=0), np.ones(4))
    assert 0 == pytest.approx(power(ScoredRuns(runs.scores[:3], runs.influences[:3]), runs, 0.0, COUNTS[1:]), abs=1e-6)


@pytest.mark.parametrize(("n_candidate", "n_baseline", "is_known"), [(1, 1, False), (1, 5, True), (3, 1, True)])
def test_one_run_takes_the_variance_of_the_other_side(n_candidate: int, n_baseline: int, *, is_known: bool) -> None:
    """With one run on each side the variance between seeds is not measured, and no comparison is futile."""
    rng = np.random.default_rng(4)
    sides = first(simulated(rng, 1), n_candidate), first(simulated(rng, 1), n_baseline)
    assert is_known == bool(np.isfinite(power(*sides, 0.0, (5, 8))).all())


def test_only_an_inconclusive_comparison_with_analyses_to_come_has_it() -> None:
    """The comparison has the conditional power, unless it is conclusive or the last one."""
    rng = np.random.default_rng(5)
    hard = rng.normal(size=N)
    worse, same, base = (q + hard + 0.3 * rng.normal(size=(3, N)) > 0 for q in (-1.0, 1.0, 1.0))
    design = ComparisonDesign(interim_analyses=COUNTS, later_analyses=COUNTS[1:])
    assert compare(worse, base, LABELS, "accuracy", design).conditional_power is None
    assert compare(same, base, LABELS, "accuracy", ComparisonDesign(interim_analyses=COUNTS)).conditional_power is None
    found = compare(same, base, LABELS, "accuracy", design).conditional_power
    assert found is not None
    assert 0 <= found < 1
    assert compare(same[:1], base[:1], LABELS, "accuracy", design).conditional_power is None
