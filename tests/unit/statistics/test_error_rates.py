"""Error rates of many items and of interim analyses."""

from typing import Any

import numpy as np
import pytest
from scipy.special import stdtr

from pytest_glue.statistics.error_rates import bonferroni, error_rates, holm_p_values, interim_analyses, nominal_alpha


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [(3, 10, (3, 5, 8, 10)), (1, 5, (1, 2, 3, 5)), (4, 4, (4,)), (2, 3, (2, 3))],
)
def test_interim_analyses_go_from_first_to_last(first: int, last: int, expected: Any) -> None:
    """Each interim analysis has about 1.6 times the seeds of the one before."""
    assert expected == interim_analyses(first, last)


def test_a_single_analysis_has_all_of_alpha() -> None:
    """Without a second analysis, the nominal error rate is alpha."""
    assert nominal_alpha((5,), 0.05) == pytest.approx(0.05)


@pytest.mark.parametrize(("count", "published"), [(2, 0.0304), (5, 0.0169)])
def test_evenly_spaced_analyses_agree_with_pocock(count: int, published: float) -> None:
    """For evenly spaced analyses, the nominal error rates are those that Pocock published, one-sided at 0.05."""
    assert nominal_alpha(range(1, count + 1), 0.05) == pytest.approx(published, abs=1e-4)


def test_nominal_alpha_holds_for_t_statistics_of_few_seeds() -> None:
    """Interim analyses of 3, 5, 8 and 10 seeds with Welch's t reject a true hypothesis at most at the rate alpha."""
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
    """Numbers of seeds that do not rise are an error."""
    with pytest.raises(ValueError, match="accepted: rising numbers of seeds"):
        nominal_alpha(counts, 0.05)


def test_values_out_of_range_are_refused() -> None:
    """A last analysis before the first, and an alpha of 1, are errors."""
    with pytest.raises(ValueError, match="interim analyses from 5 to 3"):
        interim_analyses(5, 3)
    with pytest.raises(ValueError, match="alpha 1"):
        nominal_alpha((1, 2), 1)


def test_fail_is_corrected_for_items_and_both_verdicts_for_analyses() -> None:
    """Nine items share the error rate of fail; four analyses share that of fail and that of pass."""
    assert (0.05, 0.05) == error_rates(0.05)
    assert (0.05 / 9, 0.05) == error_rates(0.05, 9)
    counts = interim_analyses(3, 10)
    assert (nominal_alpha(counts, 0.05 / 9), nominal_alpha(counts, 0.05)) == error_rates(0.05, 9, counts)


def test_holm_is_the_textbook() -> None:
    """Sorted p values are multiplied by m, m - 1, ..., made monotone and cut at 1; their order stays."""
    np.testing.assert_allclose([0.03, 0.06, 0.06, 0.02], holm_p_values([0.01, 0.04, 0.03, 0.005]))


def test_holm_rejects_at_least_what_bonferroni_rejects() -> None:
    """Holm rejects every hypothesis that Bonferroni rejects."""
    p = np.random.default_rng(0).random((200, 6)) ** 3
    for row in p:
        assert ((holm_p_values(row) <= 0.05) >= (row <= bonferroni(0.05, 6))).all()


def test_holm_keeps_the_family_wise_error_rate() -> None:
    """Among true hypotheses, one or more is rejected at most at the rate alpha."""
    p = np.random.default_rng(1).random((4000, 9))
    assert np.mean([(holm_p_values(row) <= 0.05).any() for row in p]) <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 4000)


def test_an_impossible_test_counts_as_a_test() -> None:
    """NaN stays NaN, is not rejected, and counts towards the number of tests."""
    np.testing.assert_allclose([np.nan, 0.02], holm_p_values([np.nan, 0.01]))
    assert [False, True] == (holm_p_values([np.nan, 0.01]) <= 0.05).tolist()


def test_bad_p_values_and_family_sizes_are_refused() -> None:
    """A p value above 1 and a family of 0 are errors."""
    with pytest.raises(ValueError, match="accepted: a sequence of numbers from 0 to 1"):
        holm_p_values([1.5])
    with pytest.raises(ValueError, match="family size 0"):
        bonferroni(0.05, 0)
