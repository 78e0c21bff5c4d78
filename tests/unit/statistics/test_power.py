"""The power of comparisons: minimum detectable drops and the seeds needed."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import ndtri, stdtrit

from pytest_glue.statistics.comparison import compare
from pytest_glue.statistics.power import (
    detectable_effect,
    minimum_detectable_drop,
    minimum_detectable_drops,
    seeds_needed,
    variance_inflation,
)
from pytest_glue.statistics.variance import VarianceComponents

N = 277
LABELS = np.random.default_rng(11).integers(0, 2, N)


def known(seeds: float, examples: float = 0.0, df: float = 8.0) -> VarianceComponents:
    """Return the variance components of one comparison."""
    return VarianceComponents(
        seeds=np.array(seeds),
        examples=np.array(examples),
        degrees_of_freedom=np.array(df),
        examples_degrees_of_freedom=np.array(100.0),
        residual_variance=np.array(0.0),
        source="own runs",
        forecast_degrees_of_freedom=np.array(df),
    )


def test_detectable_effect_with_many_degrees_of_freedom_is_the_textbooks() -> None:
    """In the limit, it is the sum of the two normal quantiles: 2.487 standard errors."""
    assert ndtri(0.95) + ndtri(0.8) == pytest.approx(float(detectable_effect(1e7, 0.05, 0.8)), abs=1e-4)


@pytest.mark.parametrize("df", [2, 4, 8, 18])
def test_detectable_effect_has_its_power_if_the_variance_is_estimated_again(df: int) -> None:
    """A drop from one estimate of the variance is detected with power 0.80 by a comparison with another estimate."""
    rng = np.random.default_rng(df)
    printed, later = np.sqrt(rng.chisquare(df, (2, 100_000)) / df)
    seen = rng.normal(size=100_000) + detectable_effect(df, 0.05, 0.8) * printed > stdtrit(df, 0.95) * later
    assert seen.mean() == pytest.approx(0.80, abs=0.01)


def test_the_detectable_drop_grows_with_variance() -> None:
    """It grows with either component, and is larger if lower scores vary more."""
    base = float(minimum_detectable_drop(known(1e-4), 0.05, "accuracy", 0.9))
    assert base < float(minimum_detectable_drop(known(1e-4, 1e-4), 0.05, "accuracy", 0.9))
    assert float(minimum_detectable_drop(known(1e-4), 0.05, "accuracy", 0.5)) < base


def test_the_detectable_drop_is_unknown_if_the_variance_is() -> None:
    """An unknown variance between seeds gives NaN."""
    assert np.isnan(minimum_detectable_drop(known(float("nan")), 0.05, "accuracy", 0.9))


@pytest.mark.parametrize("metric", ["accuracy", "f1", "matthews_correlation", "pearson", "spearmanr"])
def test_variance_inflation_is_at_least_one(metric: str) -> None:
    """The factor is at least 1, at the ends of the range too, and 1 without a drop."""
    assert (variance_inflation(metric, [0.0, 0.3, 1.0], 0.1) >= 1).all()
    np.testing.assert_array_equal([1.0, 1.0, 1.0], variance_inflation(metric, [0.0, 0.3, 1.0], 0.0))


def test_seeds_needed_make_the_allowed_drop_detectable() -> None:
    """A larger drop needs fewer seeds; None if the examples alone hide the drop, or no drop is allowed."""
    few = seeds_needed(known(1e-4), (3, 3), 0.05, 0.05, "accuracy", 0.8)
    many = seeds_needed(known(1e-4), (3, 3), 0.02, 0.05, "accuracy", 0.8)
    assert few is not None
    assert many is not None
    assert 2 <= few < many
    assert seeds_needed(known(1e-4, 1e-3), (3, 3), 0.02, 0.05, "accuracy", 0.8) is None
    assert seeds_needed(known(1e-4), (3, 3), 0.0, 0.05, "accuracy", 0.8) is None
    assert seeds_needed(known(float("nan")), (1, 1), 0.02, 0.05, "accuracy", 0.8) is None


def fine_tuned(rng: np.random.Generator, k: int) -> NDArray[np.int64]:
    """Return predictions of k seeds; all runs share the difficulty of an example."""
    hard = np.random.default_rng(12).normal(size=N)
    seeds = 0.1 * rng.normal(size=(k, 1))
    return np.where(1.0 + hard + seeds + 0.5 * rng.normal(size=(k, N)) > 0, LABELS, 1 - LABELS)


@pytest.mark.parametrize("metric", ["accuracy", "f1", "matthews_correlation"])
@pytest.mark.parametrize(("candidate", "baseline"), [(3, 3), (5, 5), (3, 5), (10, 5)])
def test_a_forecast_agrees_with_later_comparisons(metric: str, candidate: int, baseline: int) -> None:
    """The median forecast of a baseline is within a third of what such comparisons then report."""
    rng = np.random.default_rng(0)
    forecast, reported = [], []
    for _ in range(60):
        recorded = fine_tuned(rng, baseline)
        forecast.append(minimum_detectable_drops(recorded, LABELS, metric, [candidate])[candidate])
        reported.append(compare(fine_tuned(rng, candidate), recorded, LABELS, metric).minimum_detectable_drop)
    ratio = np.median(forecast) / np.median(np.array(reported, np.float64))
    assert 2 / 3 < ratio < 3 / 2


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
