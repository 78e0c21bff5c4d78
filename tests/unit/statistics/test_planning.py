"""What comparisons with a baseline will detect."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from pytest_glue.statistics.comparison import compare
from pytest_glue.statistics.planning import detectable_drops, minimum_detectable_drops, miss_probability
from pytest_glue.statistics.run_variance import RunVariance
from pytest_glue.statistics.scored_runs import ScoredRuns, example_step

N = 277
LABELS = np.random.default_rng(11).integers(0, 2, N)


def fine_tuned(rng: np.random.Generator, k: int) -> NDArray[np.int64]:
    """Return predictions of k seeds; all runs share the difficulty of an example."""
    hard = np.random.default_rng(12).normal(size=N)
    seeds = 0.1 * rng.normal(size=(k, 1))
    return np.where(1.0 + hard + seeds + 0.5 * rng.normal(size=(k, N)) > 0, LABELS, 1 - LABELS)


@pytest.mark.untraced
@pytest.mark.parametrize("metric", ["accuracy", "f1", "matthews_correlation"])
@pytest.mark.parametrize(("candidate", "baseline"), [(1, 5), (3, 3), (3, 5), (10, 5)])
def test_a_forecast_agrees_with_later_comparisons(metric: str, candidate: int, baseline: int) -> None:
    """The median forecast of a baseline is within a sixth of what such comparisons then report."""
    rng = np.random.default_rng(0)
    forecast, reported = [], []
    for _ in range(40):
        recorded = fine_tuned(rng, baseline)
        forecast.append(minimum_detectable_drops(recorded, LABELS, metric, [candidate])[candidate])
        reported.append(compare(fine_tuned(rng, candidate), recorded, LABELS, metric).minimum_detectable_drop)
    assert np.median(forecast) == pytest.approx(np.median(np.array(reported, np.float64)), rel=1 / 6)


@pytest.mark.parametrize("metric", ["accuracy", "f1", "matthews_correlation"])
def test_recorded_runs_show_their_variance_without_references(metric: str) -> None:
    """The drops from scores and predictions alone are close to those from the examples' influence."""
    runs = fine_tuned(np.random.default_rng(5), 5)
    scored = ScoredRuns.of(metric, runs, LABELS)
    recorded = RunVariance.of_recorded(metric, scored.scores, runs)
    exact = RunVariance.of_baseline(metric, scored, example_step(metric, runs))
    assert float(exact.residual) == pytest.approx(float(recorded.residual), rel=0.2)
    assert detectable_drops(exact, [3, 10], 5, 0.05) == pytest.approx(
        detectable_drops(recorded, [3, 10], 5, 0.05), rel=0.1
    )


@pytest.mark.parametrize("metric", ["pearson", "spearmanr"])
def test_recorded_numbers_show_their_variance_without_references(metric: str) -> None:
    """For a correlation too."""
    rng = np.random.default_rng(6)
    gold = rng.normal(size=400)
    runs = gold + rng.normal(size=400) + 0.4 * rng.normal(size=(5, 400))
    scored = ScoredRuns.of(metric, runs, gold)
    recorded = RunVariance.of_recorded(metric, scored.scores, runs)
    exact = RunVariance.of_baseline(metric, scored, 0.0)
    assert float(exact.residual) == pytest.approx(float(recorded.residual), rel=0.35)


def test_more_seeds_detect_smaller_drops() -> None:
    """The forecast falls with each added seed of the candidate."""
    drops = minimum_detectable_drops(fine_tuned(np.random.default_rng(1), 5), LABELS, "accuracy", (2, 3, 5, 10, 20))
    assert [2, 3, 5, 10, 20] == list(drops)
    assert sorted(drops.values(), reverse=True) == list(drops.values())


def test_a_lower_error_rate_detects_only_larger_drops() -> None:
    """The forecast rises as alpha falls."""
    runs = fine_tuned(np.random.default_rng(2), 5)
    strict, loose = (minimum_detectable_drops(runs, LABELS, "accuracy", [3], alpha=alpha)[3] for alpha in (0.01, 0.1))
    assert strict > loose


def test_a_baseline_of_one_run_has_no_forecast() -> None:
    """One run does not tell the variance between seeds."""
    assert {} == minimum_detectable_drops(fine_tuned(np.random.default_rng(3), 1), LABELS, "accuracy", (1, 3))


def test_a_baseline_with_an_undefined_score_has_no_forecast() -> None:
    """A run without a score leaves the forecast empty."""
    runs = fine_tuned(np.random.default_rng(4), 3)
    runs[1] = 0
    assert {} == minimum_detectable_drops(runs, LABELS, "matthews_correlation", (1, 3))


def test_the_probability_to_miss_a_threshold() -> None:
    """It is a half at the baseline's score, and what the seeds of both means give at other scores."""
    run = RunVariance.of_recorded("accuracy", [0.7, 0.72, 0.74], np.eye(3, N))
    assert 0.5 == miss_probability(run, (3, 3), 0.0)
    assert miss_probability(run, (3, 3), 0.05) < miss_probability(run, (1, 3), 0.05) < 0.5
    assert miss_probability(run, (3, 3), -0.05) > 0.5


def test_a_baseline_without_variance_misses_only_thresholds_above_it() -> None:
    """If all runs are equal, the threshold decides."""
    run: Any = RunVariance.of_recorded("accuracy", [0.7, 0.7], np.zeros((2, N)))
    assert [0.0, 1.0] == [miss_probability(run, (3, 2), margin) for margin in (0.01, -0.01)]
