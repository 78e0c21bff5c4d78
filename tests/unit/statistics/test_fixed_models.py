"""Comparisons of fixed models: checkpoints that are evaluated as they are, for which no seed was chosen."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import ndtri

from pytest_glue.core.verdict import Verdict
from pytest_glue.statistics.comparison import ComparisonDesign, compare, distance, p_values
from pytest_glue.statistics.estimate import estimate
from pytest_glue.statistics.ranking import rank_runs
from pytest_glue.statistics.scored_runs import ScoredRuns
from pytest_glue.statistics.seed_variance import SeedVariance
from pytest_glue.statistics.variance import FIXED, variance_components

Array = NDArray[np.float64]
N, DRAWS, ALPHA = 277, 2000, 0.05
LIMIT = ALPHA + 2 * np.sqrt(ALPHA * (1 - ALPHA) / DRAWS)
BOTH = ComparisonDesign(fixed=(True, True))


def right_on(
    accuracy: float, hard: Array, rng: np.random.Generator, seeds: int = 1, noise: float = 0.5, spread: float = 0.0
) -> Array:
    """Return which examples are right, (..., seeds, n), for models that share the difficulty of the examples."""
    margin = ndtri(accuracy) * np.sqrt(1 + noise**2 + spread**2)
    shape = (*hard.shape[:-1], seeds, hard.shape[-1])
    own = noise * rng.normal(size=shape) + spread * rng.normal(size=(*shape[:-1], 1))
    return np.asarray(margin + hard[..., np.newaxis, :] + own > 0, np.float64)


def scored(right: Array, *, is_fixed: bool = True) -> ScoredRuns:
    """Return the runs as if each label were 1."""
    return ScoredRuns.of("accuracy", right, np.ones(right.shape[-1]))._replace(is_fixed=is_fixed)


@pytest.mark.parametrize("noise", [0.1, 0.5], ids=["few-differences", "many-differences"])
@pytest.mark.parametrize("drop", [0.0, 0.02])
def test_two_fixed_models_keep_both_error_rates(noise: float, drop: float) -> None:
    """On new examples each time, a model that dropped as much as is allowed rarely fails, and rarely passes."""
    rng = np.random.default_rng(1)
    hard = rng.normal(size=(DRAWS, N))
    candidate, baseline = (scored(right_on(accuracy, hard, rng, noise=noise)) for accuracy in (0.75 - drop, 0.75))
    fail, passed = p_values(*distance("accuracy", candidate, baseline, drop), 0.0)
    assert np.mean(fail <= ALPHA) <= LIMIT
    assert np.mean(passed <= ALPHA) <= LIMIT
    assert np.mean(fail <= ALPHA) >= 0.01


@pytest.mark.parametrize("seeds", [2, 3, 5])
def test_a_fixed_model_and_a_fine_tuned_one_keep_both_error_rates(seeds: int) -> None:
    """The seeds of the fine-tuned side count: runs of a recipe whose expected score is that of the fixed model."""
    rng = np.random.default_rng(2)
    hard = rng.normal(size=(DRAWS, N))
    fixed = scored(right_on(0.75, hard, rng))
    recipe = scored(right_on(0.75, hard, rng, seeds=seeds, spread=0.1), is_fixed=False)
    for sides in ((fixed, recipe), (recipe, fixed)):
        fail, passed = p_values(*distance("accuracy", *sides, 0.0), 0.0)
        assert np.mean(fail <= ALPHA) <= LIMIT
        assert np.mean(passed <= ALPHA) <= LIMIT


def test_the_minimum_detectable_drop_is_detected() -> None:
    """Models that dropped by as much as a comparison reports as detectable are found to have dropped."""
    rng = np.random.default_rng(3)
    hard, reported = rng.normal(size=(100, N)), []
    for each in hard:
        ours, theirs = (right_on(0.75, each, rng) for _ in range(2))
        reported.append(compare(ours, theirs, np.ones(N), "accuracy", BOTH).minimum_detectable_drop)
    drop = float(np.median([each for each in reported if each is not None]))
    hard = rng.normal(size=(DRAWS, N))
    candidate, baseline = (scored(right_on(accuracy, hard, rng)) for accuracy in (0.75 - drop, 0.75))
    fail, _ = p_values(*distance("accuracy", candidate, baseline, 0.0), 0.0)
    assert 0.7 <= np.mean(fail <= ALPHA) <= 0.9


def test_examples_alone_decide_between_fixed_models() -> None:
    """Without seeds on a side, the comparison is conclusive, and no number of seeds would change it."""
    rng = np.random.default_rng(4)
    hard = rng.normal(size=N)
    worse, better = right_on(0.6, hard, rng), right_on(0.75, hard, rng)
    found = compare(worse, better, np.ones(N), "accuracy", BOTH)
    assert Verdict.FAIL is found.verdict
    assert (0.0, FIXED, None) == (found.standard_error_seeds, found.variance_source, found.seeds_needed)
    assert found.confidence_interval is not None
    assert found.confidence_interval[1] < 0
    assert Verdict.PASS is compare(better, worse, np.ones(N), "accuracy", BOTH).verdict
    assert Verdict.INCONCLUSIVE is compare(worse, better, np.ones(N), "accuracy").verdict


def test_the_published_variance_does_not_concern_fixed_models() -> None:
    rng = np.random.default_rng(5)
    hard = rng.normal(size=N)
    ours, theirs = (scored(right_on(0.75, hard, rng)) for _ in range(2))
    published = SeedVariance(0.02, 19, "published")
    assert variance_components(ours, theirs) == variance_components(ours, theirs, published)
    seeded = theirs._replace(is_fixed=False)
    mixed, both = (variance_components(side, seeded, published) for side in (ours, seeded))
    assert pytest.approx(both.seeds / 2) == mixed.seeds


def test_the_same_predictions_rule_out_what_one_example_cannot_hide() -> None:
    """A model that is compared with itself passes if some drop is allowed, and not if none is."""
    right = right_on(0.75, np.random.default_rng(6).normal(size=N), np.random.default_rng(7))
    allowed = ComparisonDesign(max_drop=0.02, fixed=(True, True))
    assert Verdict.PASS is compare(right, right, np.ones(N), "accuracy", allowed).verdict
    assert Verdict.INCONCLUSIVE is compare(right, right, np.ones(N), "accuracy", BOTH).verdict


@pytest.mark.parametrize("design", [(True, False), (False, True)])
def test_one_run_of_a_recipe_tells_nothing_about_its_seeds(design: tuple[bool, bool]) -> None:
    rng = np.random.default_rng(8)
    hard = rng.normal(size=N)
    sides = (right_on(0.5, hard, rng), right_on(0.8, hard, rng))
    found = compare(*sides, np.ones(N), "accuracy", ComparisonDesign(fixed=design))
    assert (Verdict.INCONCLUSIVE, None) == (found.verdict, found.variance_source)


def test_the_interval_of_a_fixed_models_score_covers_examples() -> None:
    right = right_on(0.75, np.random.default_rng(9).normal(size=N), np.random.default_rng(10))
    fixed = estimate(right, np.ones(N), "accuracy", is_fixed=True)
    one_seed = estimate(right, np.ones(N), "accuracy")
    assert (0.0, FIXED) == (fixed.standard_error_seeds, fixed.variance_source)
    assert one_seed.interval() == fixed.interval()


def test_fixed_models_are_ranked_by_examples() -> None:
    """Pairs have a p value, which single runs of recipes lack."""
    rng = np.random.default_rng(11)
    hard = rng.normal(size=N)
    rights = {name: right_on(accuracy, hard, rng) for name, accuracy in (("good", 0.85), ("bad", 0.6))}
    fixed = rank_runs({name: scored(right) for name, right in rights.items()}, "accuracy")
    (pair,) = fixed.pairs
    assert pair.p_value is not None
    assert pair.p_value < ALPHA
    assert ("good",) == fixed.best
    unknown = rank_runs({name: scored(right, is_fixed=False) for name, right in rights.items()}, "accuracy")
    assert unknown.pairs[0].p_value is None
