"""The noise of scores and differences by source."""

import numpy as np
import pytest
from numpy.typing import NDArray

from pytest_glue.statistics.seed_variance import SeedVariance
from pytest_glue.statistics.variance import BORROWED, DEGREES_OF_FREEDOM_MARGIN, ScoredRuns, variance_components

Array = NDArray[np.float64]


def runs(rng: np.random.Generator, k: int, n: int, seeds: float, hard: Array, trials: int = 400) -> ScoredRuns:
    """Return runs whose accuracy has a known spread between seeds and difficulties of the examples, (trials, n)."""
    chance = 0.7 + seeds * rng.normal(size=(trials, k, 1)) + hard[:, np.newaxis]
    right = rng.random((trials, k, n)) < chance
    return ScoredRuns.of("accuracy", right, np.ones((trials, n)))


def test_of_a_mean_score_covers_both_sources() -> None:
    """The two variances of a mean score are, on average, those of new seeds and of new examples."""
    rng = np.random.default_rng(0)
    found = runs(rng, 5, 200, 0.02, 0.2 * rng.choice([-1, 1], (400, 200)))
    of_mean = variance_components(found)
    assert found.scores.mean(axis=-1).var() == pytest.approx(
        (of_mean.seeds / DEGREES_OF_FREEDOM_MARGIN + of_mean.examples).mean(), rel=0.1
    )
    assert 0.2**2 / 200 == pytest.approx(of_mean.examples.mean(), rel=0.1)


def test_of_a_difference_has_no_examples_where_nothing_changed() -> None:
    """Difficulty that both sides share cancels: what is left for the examples is nearly nothing."""
    rng = np.random.default_rng(1)
    hard = 0.2 * rng.choice([-1, 1], (400, 200))
    candidate, baseline = (runs(rng, 5, 200, 0.02, hard) for _ in range(2))
    difference = candidate.scores.mean(axis=-1) - baseline.scores.mean(axis=-1)
    of_difference = variance_components(candidate, baseline)
    assert difference.var() == pytest.approx((of_difference.seeds / DEGREES_OF_FREEDOM_MARGIN).mean(), rel=0.15)
    assert of_difference.examples.mean() < 0.1 * of_difference.seeds.mean()


def test_tied_scores_do_not_make_it_vanish() -> None:
    """Runs that tie in score though their predictions differ keep the variance of those flips."""
    predictions = np.ones((3, 60))
    predictions[[0, 1, 2], [0, 1, 2]] = 0
    found = ScoredRuns.of("accuracy", predictions, np.ones(60))
    assert 0 == found.scores.var()
    assert variance_components(found).seeds > 0


def test_one_run_borrows_from_the_other_side() -> None:
    """Against five, one run's spread is that of the five, widened, and the report says so."""
    rng = np.random.default_rng(2)
    hard = np.zeros((1, 500))
    candidate, baseline = runs(rng, 1, 500, 0.05, hard, 1), runs(rng, 5, 500, 0.05, hard, 1)
    of_difference = variance_components(candidate, baseline)
    own = variance_components(baseline).seeds * 5
    assert float(own[0] * (BORROWED + 1 / 5)) == pytest.approx(float(of_difference.seeds[0]))
    assert of_difference.source == "the baseline's runs"
    assert variance_components(baseline, candidate).source == "the candidate's runs"


def test_one_run_a_side_needs_a_spread() -> None:
    """Without one the seeds' part is unknown; with one it is the spread's, of both sides, and named."""
    rng = np.random.default_rng(3)
    candidate, baseline = (runs(rng, 1, 100, 0.02, np.zeros((1, 100)), 1) for _ in range(2))
    unknown, known = (
        variance_components(candidate, baseline),
        variance_components(candidate, baseline, SeedVariance(0.02, 19, "a table")),
    )
    assert np.isnan(unknown.seeds).all()
    assert unknown.source is None
    assert 2 * DEGREES_OF_FREEDOM_MARGIN * 0.02**2 == pytest.approx(float(known.seeds[0]))
    assert known.source == "a table"


def test_degrees_of_freedom_are_between_the_smaller_side_and_all() -> None:
    """Welch: with seeds as the only source, from k - 1 of one side to the sum of both."""
    rng = np.random.default_rng(4)
    candidate, baseline = (runs(rng, 4, 20000, 0.05, np.zeros((20, 20000)), 20) for _ in range(2))
    df = variance_components(candidate, baseline).degrees_of_freedom
    assert (df > 3).all()
    assert (df < 6.5).all()


def test_a_perfect_split_still_has_noise() -> None:
    """Where every example is right, the score is not surer than one example."""
    assert float(
        variance_components(ScoredRuns.of("accuracy", np.ones((2, 50)), np.ones(50))).examples
    ) == pytest.approx(1 / 50**2)


def test_a_small_side_that_seems_to_vary_little_does_not_promise_much() -> None:
    """Two seeds that nearly tie against five do not lend the five's degrees of freedom to the forecast."""
    rng = np.random.default_rng(6)
    baseline = runs(rng, 5, 2000, 0.05, np.zeros((1, 2000)), 1)
    lucky = ScoredRuns(baseline.scores[:, :2].mean() + np.array([[0.0, 1e-4]]), baseline.influences[:, :2])
    found = variance_components(lucky, baseline)
    assert float(found.forecast_degrees_of_freedom[0]) < 2.5 < float(found.degrees_of_freedom[0])
    assert 5 / 7 == found.candidate_share
