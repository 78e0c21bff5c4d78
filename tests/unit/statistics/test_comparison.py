"""The comparison of a candidate with a baseline."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from pytest_glue.core.verdict import Verdict
from pytest_glue.statistics.comparison import ComparisonDesign, compare, distance, p_values
from pytest_glue.statistics.scored_runs import ScoredRuns
from pytest_glue.statistics.seed_variance import SeedVariance

Array = NDArray[np.float64]

N = 277
LABELS = np.random.default_rng(11).integers(0, 2, N)


def fine_tuned(rng: np.random.Generator, k: int, quality: float = 1.0) -> Array:
    """Return predictions of k seeds; all runs share the difficulty of an example."""
    hard = np.random.default_rng(12).normal(size=N)
    seeds = 0.05 * rng.normal(size=(k, 1))
    return np.where(quality + hard + seeds + 0.5 * rng.normal(size=(k, N)) > 0, LABELS, 1 - LABELS)


@pytest.mark.parametrize("metric", ["accuracy", "f1", "matthews_correlation"])
def test_a_large_drop_fails(metric: str) -> None:
    """A clearly worse candidate fails: its whole interval lies below the allowed drop."""
    rng = np.random.default_rng(0)
    found = compare(fine_tuned(rng, 5, 0.2), fine_tuned(rng, 5), LABELS, metric, ComparisonDesign(max_drop=0.03))
    assert Verdict.FAIL is found.verdict
    assert found.confidence_interval is not None
    assert found.confidence_interval[1] < -0.03


@pytest.mark.untraced
def test_an_unchanged_checkpoint_passes_at_the_minimum_detectable_drop() -> None:
    """With the drop that another comparison reported as allowed drop, at least 75 of 100 pass and at most 2 fail."""
    rng = np.random.default_rng(1)
    verdicts = []
    for _ in range(100):
        reported = compare(fine_tuned(rng, 3), fine_tuned(rng, 3), LABELS, "accuracy").minimum_detectable_drop
        assert reported is not None
        design = ComparisonDesign(max_drop=reported)
        verdicts.append(compare(fine_tuned(rng, 3), fine_tuned(rng, 3), LABELS, "accuracy", design).verdict)
    assert verdicts.count(Verdict.PASS) >= 75
    assert verdicts.count(Verdict.FAIL) <= 2


@pytest.mark.untraced
@pytest.mark.parametrize("seeds", [(3, 3), (1, 5), (5, 1), (2, 4)])
def test_an_unchanged_checkpoint_rarely_fails(seeds: tuple[int, int]) -> None:
    """If nothing changed and no drop is allowed, fails and passes each stay within the error rate."""
    rng = np.random.default_rng(2)
    verdicts = [
        compare(fine_tuned(rng, seeds[0]), fine_tuned(rng, seeds[1]), LABELS, "accuracy").verdict for _ in range(400)
    ]
    limit = 400 * 0.05 + 2 * np.sqrt(400 * 0.05 * 0.95)
    assert verdicts.count(Verdict.FAIL) <= limit
    assert verdicts.count(Verdict.PASS) <= limit


def test_one_seed_a_side_is_inconclusive() -> None:
    """If the variance between seeds is unknown, no verdict is given and no drop reported, however large it is."""
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


def test_one_seed_a_side_with_a_published_variance_can_fail() -> None:
    """A published variance is enough for a verdict, and the comparison names its source."""
    rng = np.random.default_rng(4)
    design = ComparisonDesign(seed_variance=SeedVariance(0.0217, 19, "a table"))
    found = compare(fine_tuned(rng, 1, -1.0), fine_tuned(rng, 1), LABELS, "accuracy", design)
    assert Verdict.FAIL is found.verdict
    assert "a table" == found.variance_source


def test_own_runs_take_precedence_over_a_published_variance() -> None:
    """If a side has two runs, a published variance changes nothing."""
    rng = np.random.default_rng(5)
    sides = fine_tuned(rng, 1), fine_tuned(rng, 3)
    assert compare(*sides, LABELS, "f1") == compare(
        *sides, LABELS, "f1", ComparisonDesign(seed_variance=SeedVariance(0.5, 19, "a table"))
    )


def test_the_verdict_agrees_with_the_interval() -> None:
    """Pass, fail and inconclusive mean an interval above, below and across the allowed drop."""
    rng = np.random.default_rng(6)
    for quality in (0.5, 0.8, 1.0, 1.3):
        found = compare(
            fine_tuned(rng, 4, quality), fine_tuned(rng, 4), LABELS, "accuracy", ComparisonDesign(max_drop=0.05)
        )
        assert found.confidence_interval is not None
        low, high = found.confidence_interval
        expected = Verdict.FAIL if high < -0.05 else Verdict.PASS if low > -0.05 else Verdict.INCONCLUSIVE
        assert expected is found.verdict


def test_more_items_make_fail_harder_and_not_pass() -> None:
    """With more items, the upper end of the interval moves up and the lower end stays."""
    rng = np.random.default_rng(7)
    sides = fine_tuned(rng, 4), fine_tuned(rng, 4)
    one, nine = (
        compare(*sides, LABELS, "accuracy", ComparisonDesign(family_size=m)).confidence_interval for m in (1, 9)
    )
    assert one is not None
    assert nine is not None
    assert one[0] == nine[0]
    assert one[1] < nine[1]


def test_an_interim_analysis_has_a_wider_interval() -> None:
    """The interval of one of four interim analyses is wider at both ends."""
    rng = np.random.default_rng(7)
    sides = fine_tuned(rng, 5), fine_tuned(rng, 5)
    single, interim = (
        compare(*sides, LABELS, "accuracy", ComparisonDesign(interim_analyses=counts)).confidence_interval
        for counts in ((), (3, 5, 8, 10))
    )
    assert single is not None
    assert interim is not None
    assert interim[0] < single[0] < single[1] < interim[1]


def test_identical_predictions_pass_what_so_few_examples_rule_out() -> None:
    """Sides that agree on all of 277 examples may differ on 1 % of the others, so that a drop of 0.011 is ruled out."""
    same = np.tile(fine_tuned(np.random.default_rng(8), 1), (2, 1))
    assert Verdict.PASS is compare(same, same, LABELS, "accuracy", ComparisonDesign(max_drop=0.011)).verdict
    assert Verdict.INCONCLUSIVE is compare(same, same, LABELS, "accuracy", ComparisonDesign(max_drop=0.01)).verdict
    assert Verdict.INCONCLUSIVE is compare(same, same, LABELS, "accuracy").verdict


@pytest.mark.parametrize(("k_a", "k_b"), [(3, 3), (1, 4)])
@pytest.mark.parametrize(("n", "drop"), [(10, 0.05), (40, 0.02), (71, 0.02), (277, 0.005), (277, 0.01), (71, 0.06)])
@pytest.mark.parametrize("flips", [0.0, 0.002])
def test_seeds_that_agree_keep_the_rate_of_pass(k_a: int, k_b: int, n: int, drop: float, flips: float) -> None:
    """Accuracy with the true drop equal to the allowed one, all runs of a side alike, or all but a few predictions."""
    rng, trials = np.random.default_rng(5), 1500
    right = rng.random((trials, 1, n)) < 0.9
    lost = right & (rng.random((trials, 1, n)) < drop / 0.9)

    def side(is_right: Any, k: int) -> ScoredRuns:
        predictions = np.repeat(is_right, k, axis=1) ^ (rng.random((trials, k, n)) < flips)
        return ScoredRuns.of("accuracy", predictions, np.ones((trials, n)))

    _, p_pass = p_values(*distance("accuracy", side(right & ~lost, k_a), side(right, k_b), drop), 0.0)
    assert np.mean(p_pass <= 0.05) <= 0.06 + 2 * np.sqrt(0.06 / trials)


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
    """A value out of range is an error that names it."""
    sides = fine_tuned(np.random.default_rng(9), 2), fine_tuned(np.random.default_rng(10), 2)
    with pytest.raises(ValueError, match=message):
        compare(*sides, LABELS, "accuracy", ComparisonDesign(**options))


def test_a_run_without_a_score_is_refused() -> None:
    """An undefined score is an error that names side and run, since degenerate runs are not compared."""
    sides = fine_tuned(np.random.default_rng(9), 2), fine_tuned(np.random.default_rng(10), 2)
    sides[1][1] = 1
    with pytest.raises(ValueError, match="matthews_correlation of the baseline is undefined in run 1"):
        compare(*sides, LABELS, "matthews_correlation")
