"""The error rate of a run with many items."""

import numpy as np
import pytest

from pytest_glue.statistics.error_rates import bonferroni, holm_p_values


def test_holm_is_the_textbook() -> None:
    """Sorted p values are multiplied by m, m - 1, ..., made monotone and cut at 1, in the order they came."""
    np.testing.assert_allclose([0.03, 0.06, 0.06, 0.02], holm_p_values([0.01, 0.04, 0.03, 0.005]))


def test_rejects_at_least_what_bonferroni_rejects() -> None:
    """Holm is never weaker than Bonferroni, which needs only the number of items."""
    p = np.random.default_rng(0).random((200, 6)) ** 3
    for row in p:
        assert ((holm_p_values(row) <= 0.05) >= (row <= bonferroni(0.05, 6))).all()


def test_holds_the_rate_for_the_family() -> None:
    """Among true hypotheses alone, one false rejection or more happens at most at the rate alpha."""
    p = np.random.default_rng(1).random((4000, 9))
    assert np.mean([(holm_p_values(row) <= 0.05).any() for row in p]) <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 4000)


def test_a_test_that_could_not_be_made_is_a_member() -> None:
    """NaN stays NaN, is not rejected and counts."""
    np.testing.assert_allclose([np.nan, 0.02], holm_p_values([np.nan, 0.01]))
    assert [False, True] == (holm_p_values([np.nan, 0.01]) <= 0.05).tolist()


def test_bad_values_are_refused() -> None:
    """A p value above 1 and a family of none are errors."""
    with pytest.raises(ValueError, match="accepted: a sequence of numbers from 0 to 1"):
        holm_p_values([1.5])
    with pytest.raises(ValueError, match="family size 0"):
        bonferroni(0.05, 0)
