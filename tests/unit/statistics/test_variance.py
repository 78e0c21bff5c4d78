"""The variance components of scores and differences."""

import numpy as np
import pytest
from numpy.typing import NDArray

from pytest_glue.statistics.comparison import p_values
from pytest_glue.statistics.scored_runs import ScoredRuns
from pytest_glue.statistics.seed_variance import SeedVariance
from pytest_glue.statistics.variance import (
    BORROWED_VARIANCE_FACTOR,
    SEED_VARIANCE_FACTOR,
    design_degrees_of_freedom,
    variance_components,
)

Array = NDArray[np.float64]


def runs(rng: np.random.Generator, k: int, n: int, seeds: float, hard: Array, trials: int = 400) -> ScoredRuns:
    """Return runs of known variance between seeds, on examples of known difficulty, shape (trials, n)."""
    chance = 0.7 + seeds * rng.normal(size=(trials, k, 1)) + hard[:, np.newaxis]
    right = rng.random((trials, k, n)) < chance
    return ScoredRuns.of("accuracy", right, np.ones((trials, n)))


def test_the_variance_of_a_mean_score_covers_seeds_and_examples() -> None:
    """On average, the two components add up to the true variance over new seeds and new examples."""
    rng = np.random.default_rng(0)
    found = runs(rng, 5, 200, 0.02, 0.2 * rng.choice([-1, 1], (400, 200)))
    of_mean = variance_components(found)
    assert found.scores.mean(axis=-1).var() == pytest.approx(
        (of_mean.seeds / SEED_VARIANCE_FACTOR + of_mean.examples).mean(), rel=0.1
    )
    assert 0.2**2 / 200 == pytest.approx(of_mean.examples.mean(), rel=0.1)


def test_a_difference_of_unchanged_checkpoints_has_no_examples_part() -> None:
    """The difficulty of examples that both sides share cancels."""
    rng = np.random.default_rng(1)
    hard = 0.2 * rng.choice([-1, 1], (400, 200))
    candidate, baseline = (runs(rng, 5, 200, 0.02, hard) for _ in range(2))
    difference = candidate.scores.mean(axis=-1) - baseline.scores.mean(axis=-1)
    of_difference = variance_components(candidate, baseline)
    assert difference.var() == pytest.approx((of_difference.seeds / SEED_VARIANCE_FACTOR).mean(), rel=0.15)
    assert of_difference.examples.mean() < 0.1 * of_difference.seeds.mean()


def test_tied_scores_keep_the_residual_variance() -> None:
    """Runs with equal scores and different predictions have a variance above 0."""
    predictions = np.ones((3, 60))
    predictions[[0, 1, 2], [0, 1, 2]] = 0
    found = ScoredRuns.of("accuracy", predictions, np.ones(60))
    assert 0 == found.scores.var()
    assert variance_components(found).seeds > 0


def test_one_run_takes_the_variance_of_the_other_side() -> None:
    """One run against five takes the variance of the five times a factor, and the source says so."""
    rng = np.random.default_rng(2)
    hard = np.zeros((1, 500))
    candidate, baseline = runs(rng, 1, 500, 0.05, hard, 1), runs(rng, 5, 500, 0.05, hard, 1)
    of_difference = variance_components(candidate, baseline)
    own = variance_components(baseline).seeds * 5
    assert float(own[0] * (BORROWED_VARIANCE_FACTOR + 1 / 5)) == pytest.approx(float(of_difference.seeds[0]))
    assert of_difference.source == "the baseline's runs"
    assert variance_components(baseline, candidate).source == "the candidate's runs"


def test_one_run_a_side_needs_a_given_variance() -> None:
    """Without it, the seeds' part is unknown; with it, the part is that of both sides, and the source is named."""
    rng = np.random.default_rng(3)
    candidate, baseline = (runs(rng, 1, 100, 0.02, np.zeros((1, 100)), 1) for _ in range(2))
    unknown, known = (
        variance_components(candidate, baseline),
        variance_components(candidate, baseline, SeedVariance(0.02, 19, "a table")),
    )
    assert np.isnan(unknown.seeds).all()
    assert unknown.source is None
    assert 2 * SEED_VARIANCE_FACTOR * 0.02**2 == pytest.approx(float(known.seeds[0]))
    assert known.source == "a table"


def test_degrees_of_freedom_are_between_the_smaller_side_and_all() -> None:
    """With seeds as the only source, they lie between k - 1 of one side and the sum of both (Welch)."""
    rng = np.random.default_rng(4)
    candidate, baseline = (runs(rng, 4, 20000, 0.05, np.zeros((20, 20000)), 20) for _ in range(2))
    df = variance_components(candidate, baseline).degrees_of_freedom
    assert (df > 3).all()
    assert (df < 6.5).all()


def test_a_perfect_score_still_has_variance() -> None:
    """If every example is right, the standard error is that of one example."""
    assert float(
        variance_components(ScoredRuns.of("accuracy", np.ones((2, 50)), np.ones(50))).examples
    ) == pytest.approx(1 / 50**2)


def test_two_nearly_equal_scores_do_not_raise_the_degrees_of_freedom() -> None:
    """Two seeds with nearly equal scores against five have fewer than the five."""
    rng = np.random.default_rng(6)
    baseline = runs(rng, 5, 2000, 0.05, np.zeros((1, 2000)), 1)
    lucky = ScoredRuns(baseline.scores[:, :2].mean() + np.array([[0.0, 1e-4]]), baseline.influences[:, :2])
    found = variance_components(lucky, baseline)
    assert float(found.degrees_of_freedom[0]) < 2.5


@pytest.mark.untraced
@pytest.mark.parametrize(("k_a", "k_b"), [(1, 3), (2, 2), (3, 10), (10, 3), (1, 10)])
@pytest.mark.parametrize("noise", ["normal", "t3"])
@pytest.mark.parametrize("flips_share", [0.1, 0.03])
def test_few_or_unequal_seeds_keep_the_rate_of_an_item_of_nine(
    k_a: int, k_b: int, noise: str, flips_share: float
) -> None:
    """At a ninth of 0.05, an unchanged checkpoint fails no more often, also if scores tie by accident."""
    rng, alpha, trials = np.random.default_rng(11), 0.05 / 9, 20_000

    def side(k: int) -> ScoredRuns:
        seeds = rng.standard_normal((trials, k)) if noise == "normal" else rng.standard_t(3, (trials, k)) / np.sqrt(3)
        flips = np.sqrt(flips_share * 30) * rng.standard_normal((trials, k, 30))
        return ScoredRuns(seeds + flips.mean(axis=-1), flips - flips.mean(axis=-1, keepdims=True))

    candidate, baseline = side(k_a), side(k_b)
    difference = candidate.scores.mean(axis=-1) - baseline.scores.mean(axis=-1)
    p_fail, p_pass = p_values(difference, variance_components(candidate, baseline), 0.0)
    limit = trials * alpha + 2 * np.sqrt(trials * alpha)
    assert (p_fail <= alpha).sum() <= limit
    assert (p_pass <= alpha).sum() <= limit


@pytest.mark.parametrize(
    ("counts", "df"), [((2, 2), 2), ((5, 5), 8), ((1, 3), 2), ((10, 1), 3), ((3, None), 2), ((3, 10), 3.3137)]
)
def test_the_degrees_of_freedom_of_a_design(counts: tuple[int, int | None], df: float) -> None:
    """They are those of the pooled variance for equal sides, and fewer for unequal ones."""
    assert df == pytest.approx(design_degrees_of_freedom(*counts), rel=1e-3)


def test_a_design_without_two_runs_has_no_degrees_of_freedom() -> None:
    """One run a side is an error that names the numbers."""
    with pytest.raises(ValueError, match=r"runs \[1, 1\]"):
        design_degrees_of_freedom(1, 1)
