"""Metrics of which a lower value is better, and metrics without bounds."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from pytest_glue.core.verdict import Verdict
from pytest_glue.statistics.comparison import ComparisonDesign, compare
from pytest_glue.statistics.dropped_variance import variance_inflation
from pytest_glue.statistics.estimate import estimate
from pytest_glue.statistics.planning import minimum_detectable_drops
from pytest_glue.statistics.power import minimum_detectable_drop, power, seeds_needed
from pytest_glue.statistics.ranking import rank
from pytest_glue.statistics.run_variance import RunVariance
from pytest_glue.statistics.scale import score_interval
from pytest_glue.statistics.scored_runs import ScoredRuns, example_step

Array = NDArray[np.float64]
N = 300
NUMBERS = np.random.default_rng(20).uniform(0, 5, N)
LABELS = np.random.default_rng(21).integers(0, 2, N).astype(float)


def predicted(rng: np.random.Generator, k: int, noise: float = 0.8) -> Array:
    """Return numbers that k seeds predict, all wrong in a similar way, with errors of about this size."""
    shared, seeds = np.random.default_rng(22).normal(size=N), 1 + 0.05 * rng.normal(size=(k, 1))
    return NUMBERS + noise * seeds * (shared + 0.3 * rng.normal(size=(k, N)))


def classified(rng: np.random.Generator, k: int, quality: float) -> Array:
    """Return classes that k seeds predict."""
    hard = np.random.default_rng(23).normal(size=N)
    return np.where(quality + hard + 0.5 * rng.normal(size=(k, N)) > 0, LABELS, 1 - LABELS)


@pytest.mark.parametrize("quality", [0.7, 1.0, 1.3], ids=["worse", "equal", "better"])
def test_an_error_rate_is_compared_as_the_accuracy_that_it_complements(quality: float) -> None:
    """Of classes 0 and 1 the squared error is 1 - accuracy: same verdict and p values, and the mirrored interval."""
    rng = np.random.default_rng(1)
    sides = classified(rng, 4, quality), classified(rng, 3, 1.0)
    design = ComparisonDesign(interim_analyses=(4, 8), later_analyses=(8,))
    error, accuracy = (compare(*sides, LABELS, metric, design) for metric in ("mse", "accuracy"))
    assert 1 - accuracy.candidate_score == pytest.approx(error.candidate_score)
    assert 1 - accuracy.baseline_score == pytest.approx(error.baseline_score)
    assert accuracy.verdict is error.verdict
    for name in ("conditional_power", "p_fail", "p_pass"):
        assert getattr(accuracy, name) == pytest.approx(getattr(error, name))
    assert accuracy.confidence_interval is not None
    assert error.confidence_interval == pytest.approx([-end for end in reversed(accuracy.confidence_interval)])
    assert -accuracy.difference == pytest.approx(error.difference)


@pytest.mark.parametrize("metric", ["mae", "mse"])
def test_larger_errors_fail_and_smaller_ones_pass(metric: str) -> None:
    """A rise is a drop in quality: a candidate with larger errors fails, and one with smaller errors passes."""
    rng = np.random.default_rng(2)
    worse, same, better = predicted(rng, 4, 1.1), predicted(rng, 4), predicted(rng, 4, 0.5)
    fails, passes = (compare(side, same, NUMBERS, metric) for side in (worse, better))
    assert (Verdict.FAIL, Verdict.PASS) == (fails.verdict, passes.verdict)
    assert fails.difference > 0 > passes.difference
    assert fails.confidence_interval is not None
    assert passes.confidence_interval is not None
    assert fails.confidence_interval[0] > 0
    assert passes.confidence_interval[1] < 0
    assert Verdict.PASS is compare(worse, same, NUMBERS, metric, ComparisonDesign(max_drop=3.0)).verdict


def test_an_unchanged_checkpoint_passes_at_the_minimum_detectable_rise() -> None:
    """With the rise that another comparison reported as allowed, at least 70 of 100 pass and few fail."""
    rng, verdicts = np.random.default_rng(3), []
    for _ in range(100):
        reported = compare(predicted(rng, 3), predicted(rng, 3), NUMBERS, "mse").minimum_detectable_drop
        assert reported is not None
        assert reported > 0
        design = ComparisonDesign(max_drop=reported)
        verdicts.append(compare(predicted(rng, 3), predicted(rng, 3), NUMBERS, "mse", design).verdict)
    assert verdicts.count(Verdict.PASS) >= 70
    assert verdicts.count(Verdict.FAIL) <= 2


@pytest.mark.untraced
@pytest.mark.parametrize("seeds", [(3, 3), (5, 2)])
def test_an_unchanged_checkpoint_rarely_fails(seeds: tuple[int, int]) -> None:
    """If nothing changed and no rise is allowed, fails and passes each stay within the error rate."""
    rng = np.random.default_rng(4)
    verdicts = [compare(predicted(rng, seeds[0]), predicted(rng, seeds[1]), NUMBERS, "mse").verdict for _ in range(300)]
    limit = 300 * 0.05 + 2 * math.sqrt(300 * 0.05 * 0.95)
    assert verdicts.count(Verdict.FAIL) <= limit
    assert verdicts.count(Verdict.PASS) <= limit


def test_the_interval_of_an_error_ends_at_zero_and_not_at_one() -> None:
    """An interval stays inside the metric's range, which has no upper end for an error."""
    assert pytest.approx((0.0, 0.3)) == tuple(map(float, score_interval("mse", 0.1, 0.2)))
    assert (9.0, 11.0) == tuple(map(float, score_interval("mae", 10.0, 1.0)))
    found = estimate(10 * predicted(np.random.default_rng(5), 3), 10 * NUMBERS, "mse")
    low, high = found.interval()
    assert 1.0 < low < found.value < high


def test_one_example_is_no_unit_of_an_error() -> None:
    """The least standard error of a share is that of one example; small numbers have smaller errors."""
    small = estimate(1e-4 * predicted(np.random.default_rng(6), 3), 1e-4 * NUMBERS, "mse")
    large = estimate(predicted(np.random.default_rng(6), 3), NUMBERS, "mse")
    assert 1e-8 * large.standard_error_examples == pytest.approx(small.standard_error_examples)


def test_the_lowest_error_ranks_first() -> None:
    """The best checkpoint has the lowest error, and a pair's difference is that of the metric."""
    rng = np.random.default_rng(7)
    found = rank({"a": predicted(rng, 3, 1.2), "b": predicted(rng, 3, 0.4), "c": predicted(rng, 3)}, NUMBERS, "mse")
    assert ["b", "c", "a"] == list(found.scores)
    assert ("b",) == found.best
    assert [("b", "c"), ("b", "a"), ("c", "a")] == [(pair.first, pair.second) for pair in found.pairs]
    assert all(pair.difference.value < 0 for pair in found.pairs)


@pytest.mark.parametrize("metric", ["mae", "mse"])
def test_power_grows_with_the_rise_and_the_seeds(metric: str) -> None:
    """Rises that are detectable are positive and finite, though an error has no worst value."""
    runs = ScoredRuns.of(metric, predicted(np.random.default_rng(8), 5), NUMBERS)
    run = RunVariance.of_baseline(metric, runs, example_step(metric, NUMBERS))
    few, many = (float(minimum_detectable_drop(run, (k, k), 0.05)) for k in (3, 10))
    assert math.inf == run.largest_drop
    assert 0 < many < few < runs.mean_score
    assert power(run, (3, 3), few, 0.05) == pytest.approx(0.8, abs=0.02)
    needed = seeds_needed(run, (few + many) / 2, 0.05)
    assert needed is not None
    assert 3 < needed < 10
    assert runs.mean_score == pytest.approx(run.mean_score)
    recorded = minimum_detectable_drops(predicted(np.random.default_rng(8), 5), NUMBERS, metric, [3])
    assert 0 < recorded[3] < few


@pytest.mark.parametrize("metric", ["mae", "mse"])
def test_recorded_predictions_show_about_the_variance_that_references_do(metric: str) -> None:
    """Without the references, the interaction with examples is estimated from the predictions and the score."""
    predictions = predicted(np.random.default_rng(9), 6)
    runs = ScoredRuns.of(metric, predictions, NUMBERS)
    whole = RunVariance.of_baseline(metric, runs, 0.0)
    without = RunVariance.of_recorded(metric, runs.sign * runs.scores, predictions)
    assert whole.score == pytest.approx(without.score)
    assert without.seeds == pytest.approx(whole.seeds)
    assert float(without.residual) == pytest.approx(float(whole.residual), rel=0.5)


def test_the_variance_of_an_error_grows_with_it() -> None:
    """The variance of a squared error grows in proportion to it, and never shrinks; that of an absolute one stays."""
    assert [1.0, 1.5, 1.0] == variance_inflation("mse", -2.0, [0.0, 1.0, -1.0]).tolist()
    assert 1.0 == variance_inflation("mae", -2.0, 1.0)
    assert 1.0 <= variance_inflation("mse", 0.0, 1.0) < math.inf
