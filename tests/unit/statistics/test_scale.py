"""The scale on which scores are tested."""

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.score_world import ScoreWorld
from pytest_glue.statistics.comparison import ComparisonDesign, compare, distance, p_values
from pytest_glue.statistics.estimate import estimate
from pytest_glue.statistics.scale import on_test_scale, score_interval, seed_variance_on_test_scale
from pytest_glue.statistics.scored_runs import ScoredRuns
from pytest_glue.statistics.seed_variance import SeedVariance

METRICS = ["accuracy", "f1", "matthews_correlation", "pearson", "spearmanr"]


def runs(metric: str, k: int) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Return predictions of k seeds and of 4 others, and references of 71 examples."""
    world = ScoreWorld(71, 0.02, metric="pearson" if metric in {"pearson", "spearmanr"} else "accuracy", score=0.9)
    drawn = world.draw(np.random.default_rng(1), 1, (k, 4), 0.02)
    return drawn.candidate[0], drawn.baseline[0], drawn.references[0]


def test_few_examples_of_a_correlation_keep_the_rate_of_pass() -> None:
    """Pearson, 5 against 5 seeds, 71 examples: a drop of the allowed size passes in 5 % of the trials or less."""
    trials, drop = 2000, 0.1
    drawn = ScoreWorld(71, 0.02, metric="pearson", score=0.85).draw(np.random.default_rng(0), trials, (5, 5), drop)
    candidate, baseline = (ScoredRuns.of("pearson", each, drawn.references) for each in drawn[:2])
    p_fail, p_pass = p_values(*distance("pearson", candidate, baseline, drop), 0.0)
    assert np.mean(p_pass <= 0.05) <= 0.055
    assert np.mean(p_pass <= 0.005) <= 0.005
    assert np.mean(p_fail <= 0.05) <= 0.055


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("max_drop", [0.0, 0.03, 0.3])
def test_the_interval_of_a_difference_is_what_the_tests_do_not_reject(metric: str, max_drop: float) -> None:
    """Tested against its own ends, a difference has exactly the p values that correspond to the error rates."""
    ours, theirs, references = runs(metric, 3)
    found = compare(ours, theirs, references, metric, ComparisonDesign(max_drop, family_size=2))
    assert found.confidence_interval is not None
    low, high = found.confidence_interval
    assert low < found.difference < high
    a, b = (ScoredRuns.of(metric, side, references) for side in (ours, theirs))
    if metric in {"pearson", "spearmanr", "matthews_correlation"}:
        assert p_values(*distance(metric, a, b, -high), 0.0)[0] == pytest.approx(0.025, rel=1e-4)
        assert p_values(*distance(metric, a, b, -low), 0.0)[1] == pytest.approx(0.05, rel=1e-4)
    assert (found.p_fail is not None and found.p_fail <= 0.025) == (high < -max_drop)
    assert (found.p_pass is not None and found.p_pass <= 0.05) == (low > -max_drop)


@pytest.mark.parametrize("metric", METRICS)
def test_the_interval_of_a_score_stays_in_the_range_of_the_metric(metric: str) -> None:
    """It holds the score and does not reach past 1, or below 0 for accuracy and F1."""
    for k in (1, 2, 5):
        predictions, _, references = runs(metric, k)
        found = estimate(predictions[:, :12], references[:12], metric, SeedVariance(0.2, 19, "a table"))
        low, high = found.interval(0.999)
        assert (-1 if metric in {"pearson", "spearmanr", "matthews_correlation"} else 0) <= low
        assert low <= found.value <= high <= 1


def test_an_interval_of_a_correlation_is_not_symmetric() -> None:
    """The end that is nearer to 1 is nearer to the score."""
    low, high = score_interval("pearson", 0.9, 0.1)
    assert 1 - high < 0.1 < 0.9 - low
    assert high == pytest.approx(np.tanh(np.arctanh(0.9) + 0.1 / (1 - 0.81)))


def test_perfect_correlations_are_finite() -> None:
    """Scores of 1, and scores lowered below -1, have a finite value on the scale of the test."""
    perfect = ScoredRuns.of("pearson", [[1.0, 2.0, 3.0]] * 2, [1.0, 2.0, 3.0])
    for drop in (0.0, 1.0, 1.99):
        assert all(np.isfinite(part).all() for part in on_test_scale("pearson", perfect, drop)[:2])


def test_a_given_variance_is_moved_to_the_scale_of_the_test() -> None:
    """The standard deviation of a correlation is divided by 1 - r^2; that of accuracy is unchanged."""
    given = SeedVariance(0.01, 19, "a table")
    assert given == seed_variance_on_test_scale("accuracy", given, 0.8)
    moved = seed_variance_on_test_scale("spearmanr", given, 0.8)
    assert moved is not None
    assert moved.standard_deviation == pytest.approx(0.01 / 0.36)


def test_a_given_variance_is_that_of_the_baselines_score() -> None:
    """On the scale of the test, it is as large for a lowered baseline: a candidate with a drop does not vary less."""
    ours, theirs, references = runs("spearmanr", 1)
    sides = [ScoredRuns.of("spearmanr", side, references) for side in (ours, theirs[:1])]
    given = SeedVariance(0.01, 19, "a table")
    unchanged, lowered = (distance("spearmanr", sides[0], sides[1], drop, given)[1].seeds for drop in (0.0, 0.2))
    assert unchanged == pytest.approx(float(lowered))


@pytest.mark.parametrize("wrong", [(14, 13, 15), (5, 6, 7)])
def test_a_nearly_perfect_baseline_is_compared_the_same_way_for_any_allowed_drop(wrong: tuple[int, ...]) -> None:
    """What fails with an allowed drop fails with a smaller one, and the interval shows the same decision (Matthews)."""
    references = np.tile([0, 1], 139)[:277]

    def side(*counts: int) -> NDArray[np.int64]:
        return np.array([np.where(np.arange(277) < count, 1 - references, references) for count in counts])

    drops = (0.0, 0.005, 0.01, 0.02, 0.05, 0.1)
    found = [
        compare(side(*wrong), side(0, 0, 1), references, "matthews_correlation", ComparisonDesign(drop))
        for drop in drops
    ]
    fails = [(each.p_fail or 0.0) <= 0.05 for each in found]
    assert fails == sorted(fails, reverse=True)
    assert fails[0]
    for each, drop in zip(found, drops, strict=True):
        assert each.confidence_interval is not None
        assert ((each.p_fail or 0.0) <= 0.05) == (each.confidence_interval[1] < -drop)
        assert -2 <= each.confidence_interval[0] <= each.confidence_interval[1] <= 2


@pytest.mark.parametrize("metric", ["matthews_correlation", "pearson"])
def test_the_interval_of_a_perfect_correlation_is_narrow(metric: str) -> None:
    """Three perfect runs on 1,043 examples are surely above 0.9."""
    references = np.tile([0.0, 1.0], 522)[:1043]
    low, high = estimate(np.tile(references, (3, 1)), references, metric).interval()
    assert 0.9 < low < high
    assert high == pytest.approx(1)
