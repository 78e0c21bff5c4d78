"""Standard errors of groups of examples that depend on each other."""

import numpy as np
import pytest
from numpy.typing import NDArray

from pytest_glue.core.verdict import Verdict
from pytest_glue.statistics.comparison import ComparisonDesign, compare
from pytest_glue.statistics.estimate import estimate
from pytest_glue.statistics.flips import negative_flips
from pytest_glue.statistics.planning import minimum_detectable_drops
from pytest_glue.statistics.ranking import rank
from pytest_glue.statistics.scored_runs import ScoredRuns

Array = NDArray[np.float64]
METRICS = ("accuracy", "f1", "matthews_correlation", "pearson", "spearmanr")
SIZE, COUNT = 6, 100
GROUPS = np.repeat(np.arange(COUNT), SIZE)
GOLD = np.ones(SIZE * COUNT)


def right(rng: np.random.Generator, k: int, hard: Array | None = None, *, spread: float = 0.25) -> Array:
    """Return which examples k runs get right, 0.7 on average; examples of a group are hard together."""
    seeds = 0.02 * rng.normal(size=(k, 1)) if k > 1 else 0.0
    hard = spread * rng.choice([-1, 1], COUNT) if hard is None else hard
    chance = 0.7 + seeds + np.repeat(hard, SIZE)
    return np.asarray(rng.random((k, SIZE * COUNT)) < chance, np.float64)


@pytest.mark.parametrize("metric", METRICS)
def test_groups_of_one_example_change_nothing(metric: str) -> None:
    """If every example is a group of its own, in any order, the influences have the same variance as without groups."""
    rng = np.random.default_rng(0)
    gold = rng.choice([0.0, 1.0], 50)
    predictions = np.where(rng.random((3, 50)) < 0.8, gold, 1 - gold)
    alone, grouped = (estimate(predictions, gold, metric, groups=each) for each in (None, rng.permutation(50)))
    assert alone.standard_error == pytest.approx(grouped.standard_error)
    assert alone.degrees_of_freedom == pytest.approx(grouped.degrees_of_freedom)


def test_the_variance_is_that_of_sums_over_groups() -> None:
    """The examples' part is G / (G - 1) times the sum of squared sums over groups, divided by n squared."""
    predictions = right(np.random.default_rng(1), 1)
    deviations = (predictions[0] - predictions.mean()).reshape(COUNT, SIZE).sum(axis=1)
    by_hand = np.sqrt(COUNT / (COUNT - 1) * np.sum(deviations**2)) / (SIZE * COUNT)
    assert by_hand == pytest.approx(estimate(predictions, GOLD, "accuracy", groups=GROUPS).standard_error_examples)


def test_degrees_of_freedom_count_groups() -> None:
    """Ten groups of ten examples have at most nine degrees of freedom."""
    rng = np.random.default_rng(2)
    predictions = (rng.random((1, 100)) < 0.7).astype(float)
    assert estimate(predictions, np.ones(100), "accuracy", groups=np.arange(100) // 10).degrees_of_freedom <= 9


@pytest.mark.parametrize("k", [1, 3])
def test_intervals_cover_new_groups(k: int) -> None:
    """Intervals by group cover the expected score; intervals by example, of the same data, do not."""
    rng = np.random.default_rng(k)

    def covered(groups: Array | None) -> float:
        found = []
        for _ in range(300):
            low, high = estimate(right(rng, k), GOLD, "accuracy", None, groups).interval()
            found.append(low <= 0.7 <= high)
        return float(np.mean(found))

    assert covered(np.asarray(GROUPS, np.float64)) >= 0.93
    assert covered(None) < 0.9


@pytest.mark.untraced
def test_a_comparison_by_group_keeps_its_error_rate() -> None:
    """A checkpoint that finds other groups hard, but is no worse, fails at the stated rate by group only."""
    rng, design = np.random.default_rng(5), ComparisonDesign(0.0, 0.05)

    def failed(groups: Array | None) -> float:
        pairs = ((right(rng, 3, spread=0.2), right(rng, 3, spread=0.2)) for _ in range(400))
        return float(
            np.mean([compare(a, b, GOLD, "accuracy", design, groups).verdict is Verdict.FAIL for a, b in pairs])
        )

    assert failed(np.asarray(GROUPS, np.float64)) <= 0.065
    assert failed(None) > 0.07


def test_every_statistic_takes_groups() -> None:
    """Ranks, flips and detectable drops are wider by group, and scores are the same."""
    rng = np.random.default_rng(6)
    ours, theirs = right(rng, 3), right(rng, 3)
    alone, grouped = (rank({"a": ours, "b": theirs}, GOLD, "accuracy", groups=each) for each in (None, GROUPS))
    assert alone.scores["a"].value == grouped.scores["a"].value
    assert alone.pairs[0].difference.standard_error < grouped.pairs[0].difference.standard_error
    flips, by_group = (negative_flips(ours, theirs, GOLD, each) for each in (None, GROUPS))
    assert flips.excess == pytest.approx(by_group.excess)
    assert flips.confidence_interval is not None
    assert by_group.confidence_interval is not None
    assert np.ptp(flips.confidence_interval) < np.ptp(by_group.confidence_interval)
    # Whole groups that one seed gets wrong and another right.
    by_seed = np.repeat(rng.random((3, COUNT)) < 0.7, SIZE, axis=1).astype(float)
    drops, of_groups = (
        minimum_detectable_drops(by_seed, GOLD, "accuracy", [10], groups=each) for each in (None, GROUPS)
    )
    assert drops[10] < of_groups[10]


def test_groups_that_do_not_fit_are_refused() -> None:
    """Another number of examples, and a single group, are errors that say what is accepted."""
    for groups, message in (([0, 1], r"groups of shape \(2,\); accepted: \(3,\)"), ([4, 4, 4], "one group; accepted")):
        with pytest.raises(ValueError, match=message):
            ScoredRuns.of("accuracy", [[1, 0, 1]], [1, 1, 1], groups)
