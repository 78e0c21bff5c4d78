"""Adding seeds until a verdict, at the stated error rate."""

from typing import Any

import numpy as np
import pytest
from scipy.special import stdtr

from pytest_glue.statistics.error_rates import error_rates, interim_analyses, nominal_alpha


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [(3, 10, (3, 5, 8, 10)), (1, 5, (1, 2, 3, 5)), (4, 4, (4,)), (2, 3, (2, 3))],
)
def test_looks_go_from_first_to_last(first: int, last: int, expected: Any) -> None:
    """Each look has about 1.6 times the seeds of the one before."""
    assert expected == interim_analyses(first, last)


def test_one_look_has_all_of_alpha() -> None:
    """Without a second look nothing is shared."""
    assert nominal_alpha((5,), 0.05) == pytest.approx(0.05)


@pytest.mark.parametrize(("count", "published"), [(2, 0.0304), (5, 0.0169)])
def test_equal_steps_are_pocock(count: int, published: float) -> None:
    """For evenly spaced looks the rate is Pocock's, one-sided at 0.05."""
    assert nominal_alpha(range(1, count + 1), 0.05) == pytest.approx(published, abs=1e-4)


def test_holds_for_t_statistics_of_few_seeds() -> None:
    """Looking at 3, 5, 8 and 10 seeds with Welch's t, a false alarm comes at most at the rate alpha."""
    rng = np.random.default_rng(0)
    trials, counts = 4000, interim_analyses(3, 10)
    a, b = rng.normal(size=(2, trials, 10))
    alpha, ever = nominal_alpha(counts, 0.05), np.zeros(trials, bool)
    for k in counts:
        x, y = a[:, :k], b
        parts = x.var(axis=1, ddof=1) / k, y.var(axis=1, ddof=1) / 10
        df = sum(parts) ** 2 / (parts[0] ** 2 / (k - 1) + parts[1] ** 2 / 9)
        ever |= stdtr(df, (x.mean(axis=1) - y.mean(axis=1)) / np.sqrt(sum(parts))) <= alpha
    assert ever.mean() <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / trials)


@pytest.mark.parametrize("counts", [(), (0, 1), (3, 3), (5, 3)])
def test_counts_that_do_not_rise_are_refused(counts: tuple[int, ...]) -> None:
    """Looks are rising numbers of seeds."""
    with pytest.raises(ValueError, match="accepted: rising numbers of seeds"):
        nominal_alpha(counts, 0.05)


def test_values_out_of_range_are_refused() -> None:
    """A last look before the first and an alpha of 1 are errors."""
    with pytest.raises(ValueError, match="looks from 5 to 3"):
        interim_analyses(5, 3)
    with pytest.raises(ValueError, match="alpha 1"):
        nominal_alpha((1, 2), 1)


def test_rates_share_a_fail_among_items_and_both_among_looks() -> None:
    """One look at one item has alpha; nine items share the fail's rate, four looks share both."""
    assert (0.05, 0.05) == error_rates(0.05)
    assert (0.05 / 9, 0.05) == error_rates(0.05, 9)
    counts = interim_analyses(3, 10)
    assert (nominal_alpha(counts, 0.05 / 9), nominal_alpha(counts, 0.05)) == error_rates(0.05, 9, counts)
