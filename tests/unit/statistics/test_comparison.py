"""A candidate against a baseline."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from pytest_glue.core.verdict import Verdict
from pytest_glue.statistics.comparison import compare
from pytest_glue.statistics.seed_variance import SeedVariance

Array = NDArray[np.float64]

N = 277
LABELS = np.random.default_rng(11).integers(0, 2, N)


def fine_tuned(rng: np.random.Generator, k: int, quality: float = 1.0) -> Array:
    """Return predictions of k seeds; an example's difficulty is shared by all runs."""
    hard = np.random.default_rng(12).normal(size=N)
    seeds = 0.05 * rng.normal(size=(k, 1))
    return np.where(quality + hard + seeds + 0.5 * rng.normal(size=(k, N)) > 0, LABELS, 1 - LABELS)


@pytest.mark.parametrize("metric", ["accuracy", "f1", "matthews_correlation"])
def test_a_large_drop_fails(metric: str) -> None:
    """A clearly worse candidate fails, and its whole interval lies below the allowed drop."""
    rng = np.random.default_rng(0)
    found = compare(fine_tuned(rng, 5, 0.2), fine_tuned(rng, 5), LABELS, metric, max_drop=0.03)
    assert Verdict.FAIL is found.verdict
    assert found.confidence_interval is not None
    assert found.confidence_interval[1] < -0.03


def test_an_unchanged_checkpoint_passes_at_the_smallest_visible_drop() -> None:
    """At least 75 of 100 pass when the allowed drop is what another comparison printed, and hardly any fails."""
    rng = np.random.default_rng(1)
    verdicts = []
    for _ in range(100):
        printed = compare(fine_tuned(rng, 3), fine_tuned(rng, 3), LABELS, "accuracy").minimum_detectable_drop
        assert printed is not None
        verdicts.append(compare(fine_tuned(rng, 3), fine_tuned(rng, 3), LABELS, "accuracy", max_drop=printed).verdict)
    assert verdicts.count(Verdict.PASS) >= 75
    assert verdicts.count(Verdict.FAIL) <= 2


@pytest.mark.parametrize("seeds", [(3, 3), (1, 5), (5, 1), (2, 4)])
def test_an_unchanged_checkpoint_rarely_fails(seeds: tuple[int, int]) -> None:
    """Where nothing changed and no drop is allowed, fails stay within the error rate, and so do passes."""
    rng = np.random.default_rng(2)
    verdicts = [
        compare(fine_tuned(rng, seeds[0]), fine_tuned(rng, seeds[1]), LABELS, "accuracy").verdict for _ in range(400)
    ]
    limit = 400 * 0.05 + 2 * np.sqrt(400 * 0.05 * 0.95)
    assert verdicts.count(Verdict.FAIL) <= limit
    assert verdicts.count(Verdict.PASS) <= limit


def test_one_seed_a_side_is_inconclusive() -> None:
    """Without a known spread nothing is claimed and no drop is printed, however large the difference."""
    rng = np.random.default_rng(3)
    found = compare(fine_tuned(rng, 1, -1.0), fine_tuned(rng, 1), LABELS, "accuracy")
    assert Verdict.INCONCLUSIVE is found.verdict
    assert (None,) * 6 == (
        found.minimum_detectable_drop,
        found.seeds_needed,
        found.p_fail,
        found.p_pass,
        found.confidence_interval,
        found.variance_source,
    )


def test_one_seed_a_side_with_a_published_spread_can_fail() -> None:
    """A known spread carries a claim, and the comparison names it."""
    rng = np.random.default_rng(4)
    seed_variance = SeedVariance(0.0217, 19, "a table")
    found = compare(fine_tuned(rng, 1, -1.0), fine_tuned(rng, 1), LABELS, "accuracy", seed_variance=seed_variance)
    assert Verdict.FAIL is found.verdict
    assert "a table" == found.variance_source


def test_own_runs_outrank_a_published_spread() -> None:
    """With two runs on a side a given spread changes nothing."""
    rng = np.random.default_rng(5)
    sides = fine_tuned(rng, 1), fine_tuned(rng, 3)
    assert compare(*sides, LABELS, "f1") == compare(
        *sides, LABELS, "f1", seed_variance=SeedVariance(0.5, 19, "a table")
    )


def test_the_verdict_is_read_off_the_interval() -> None:
    """Pass, fail and inconclusive are the interval above, below and across the allowed drop."""
    rng = np.random.default_rng(6)
    for quality in (0.5, 0.8, 1.0, 1.3):
        found = compare(fine_tuned(rng, 4, quality), fine_tuned(rng, 4), LABELS, "accuracy", max_drop=0.05)
        assert found.confidence_interval is not None
        low, high = found.confidence_interval
        expected = Verdict.FAIL if high < -0.05 else Verdict.PASS if low > -0.05 else Verdict.INCONCLUSIVE
        assert expected is found.verdict


def test_a_family_makes_fail_harder_and_not_pass() -> None:
    """The upper end of the interval moves out with the number of items, the lower one stays."""
    rng = np.random.default_rng(7)
    sides = fine_tuned(rng, 4), fine_tuned(rng, 4)
    one, nine = (compare(*sides, LABELS, "accuracy", family_size=m).confidence_interval for m in (1, 9))
    assert one is not None
    assert nine is not None
    assert one[0] == nine[0]
    assert one[1] < nine[1]


def test_a_look_of_several_claims_less() -> None:
    """The interval of a look that is one of four is wider at both ends."""
    rng = np.random.default_rng(7)
    sides = fine_tuned(rng, 5), fine_tuned(rng, 5)
    one, look = (
        compare(*sides, LABELS, "accuracy", interim_analyses=interim_analyses).confidence_interval
        for interim_analyses in ((), (3, 5, 8, 10))
    )
    assert one is not None
    assert look is not None
    assert look[0] < one[0] < one[1] < look[1]


def test_identical_predictions_pass_any_allowed_drop() -> None:
    """No difference and no noise: pass with an allowed drop, inconclusive with none."""
    same = np.tile(fine_tuned(np.random.default_rng(8), 1), (2, 1))
    assert Verdict.PASS is compare(same, same, LABELS, "accuracy", max_drop=0.001).verdict
    assert Verdict.INCONCLUSIVE is compare(same, same, LABELS, "accuracy").verdict


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"max_drop": -0.1}, "max drop -0.1"),
        ({"alpha": 0.0}, "alpha 0.0"),
        ({"alpha": 0.5}, "alpha 0.5"),
        ({"family_size": 0}, "family size 0"),
    ],
)
def test_values_out_of_range_are_refused(options: dict[str, Any], message: str) -> None:
    """An option out of range is an error that names it."""
    sides = fine_tuned(np.random.default_rng(9), 2), fine_tuned(np.random.default_rng(10), 2)
    with pytest.raises(ValueError, match=message):
        compare(*sides, LABELS, "accuracy", **options)


def test_a_run_without_a_score_is_refused() -> None:
    """An undefined score is an error that names side and run: such runs are degenerate, and not compared."""
    sides = fine_tuned(np.random.default_rng(9), 2), fine_tuned(np.random.default_rng(10), 2)
    sides[1][1] = 1
    with pytest.raises(ValueError, match="matthews_correlation of the baseline is undefined in run 1"):
        compare(*sides, LABELS, "matthews_correlation")
