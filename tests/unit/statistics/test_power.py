"""What a comparison can see."""

import numpy as np
import pytest
from scipy.special import ndtri, stdtrit

from pytest_glue.statistics.power import detectable_effect, minimum_detectable_drop, seeds_needed, variance_inflation
from pytest_glue.statistics.variance import VarianceComponents


def known(seeds: float, examples: float = 0.0, df: float = 8.0) -> VarianceComponents:
    """Return the noise of one comparison."""
    return VarianceComponents(
        seeds=np.array(seeds),
        examples=np.array(examples),
        degrees_of_freedom=np.array(df),
        examples_degrees_of_freedom=np.array(100.0),
        residual_variance=np.array(0.0),
        source="own runs",
        forecast_degrees_of_freedom=np.array(df),
    )


def test_visibility_is_the_textbook_with_many_degrees_of_freedom() -> None:
    """In the limit a drop is seen at the sum of the two normal quantiles: 2.487 standard errors."""
    assert ndtri(0.95) + ndtri(0.8) == pytest.approx(float(detectable_effect(1e7, 0.05, 0.8)), abs=1e-4)


@pytest.mark.parametrize("df", [2, 4, 8, 18])
def test_visibility_has_its_power_when_the_noise_is_estimated_anew(df: int) -> None:
    """A drop printed from one estimate of the noise is seen with power 0.80 by a comparison with its own."""
    rng = np.random.default_rng(df)
    printed, later = np.sqrt(rng.chisquare(df, (2, 100_000)) / df)
    seen = rng.normal(size=100_000) + detectable_effect(df, 0.05, 0.8) * printed > stdtrit(df, 0.95) * later
    assert seen.mean() == pytest.approx(0.80, abs=0.01)


def test_grows_with_noise_and_with_the_fall() -> None:
    """The smallest visible drop grows with either source, and is larger where a lower score is noisier."""
    base = float(minimum_detectable_drop(known(1e-4), 0.05, "accuracy", 0.9))
    assert base < float(minimum_detectable_drop(known(1e-4, 1e-4), 0.05, "accuracy", 0.9))
    assert float(minimum_detectable_drop(known(1e-4), 0.05, "accuracy", 0.5)) < base


def test_is_unknown_where_the_noise_is() -> None:
    """NaN in, NaN out."""
    assert np.isnan(minimum_detectable_drop(known(float("nan")), 0.05, "accuracy", 0.9))


@pytest.mark.parametrize("metric", ["accuracy", "f1", "matthews_correlation", "pearson", "spearmanr"])
def test_growth_is_at_least_one(metric: str) -> None:
    """No drop leaves the variance as it is, also at the ends of the range."""
    assert (variance_inflation(metric, [0.0, 0.3, 1.0], 0.1) >= 1).all()
    np.testing.assert_array_equal([1.0, 1.0, 1.0], variance_inflation(metric, [0.0, 0.3, 1.0], 0.0))


def test_seeds_needed_make_the_allowed_drop_visible() -> None:
    """Fewer for a larger drop, none where the examples alone hide it or no drop is allowed."""
    few = seeds_needed(known(1e-4), (3, 3), 0.05, 0.05, "accuracy", 0.8)
    many = seeds_needed(known(1e-4), (3, 3), 0.02, 0.05, "accuracy", 0.8)
    assert few is not None
    assert many is not None
    assert 2 <= few < many
    assert seeds_needed(known(1e-4, 1e-3), (3, 3), 0.02, 0.05, "accuracy", 0.8) is None
    assert seeds_needed(known(1e-4), (3, 3), 0.0, 0.05, "accuracy", 0.8) is None
    assert seeds_needed(known(float("nan")), (1, 1), 0.02, 0.05, "accuracy", 0.8) is None
