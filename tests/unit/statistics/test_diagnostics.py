"""The diagnostics of broken runs."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from pytest_glue.core.chance import chance_level
from pytest_glue.statistics.diagnostics import (
    at_chance,
    collapsed,
    constant_predictions,
    nearly_constant,
    never_moved,
)

Array = NDArray[np.float64]

RNG = np.random.default_rng(0)
LABELS = (RNG.random(300) < 0.69).astype(int)
LEARNT = np.where(RNG.random((5, 300)) < 0.15, 1 - LABELS, LABELS)


def test_constant_predictions_are_found_by_run() -> None:
    """A run is constant if all its classes are equal, or its numbers differ by rounding only."""
    assert [True, False, True] == constant_predictions(
        np.array([[1, 1, 1], [1, 0, 1], [2.5, 2.5 + 1e-12, 2.5]])
    ).tolist()


@pytest.mark.parametrize(
    ("metric", "expected"),
    [("accuracy", LABELS.mean()), ("f1", 2 * LABELS.sum() / (LABELS.sum() + 300)), ("matthews_correlation", 0.0)],
)
def test_the_chance_level_is_the_best_constant(metric: str, expected: Any) -> None:
    """It is the majority class for accuracy, all positive for F1, 0 for a correlation."""
    assert chance_level(metric, LABELS.tolist()) == pytest.approx(expected)


@pytest.mark.parametrize("metric", ["accuracy", "f1", "matthews_correlation"])
@pytest.mark.parametrize("broken", [np.ones(300), RNG.permutation(LABELS)], ids=["constant", "at chance"])
def test_a_run_at_chance_level_among_good_ones_collapsed(metric: str, broken: Array) -> None:
    """A constant run and a run at chance level are each found among four that learnt."""
    runs = LEARNT.copy()
    runs[2] = broken
    assert [False, False, True, False, False] == collapsed(metric, runs, LABELS).tolist()


def test_seeds_that_differ_a_little_did_not_collapse() -> None:
    """The worst of five good runs has not collapsed."""
    assert not collapsed("matthews_correlation", LEARNT, LABELS).any()


def test_runs_all_at_chance_level_did_not_collapse() -> None:
    """If the recipe learns nothing, no single run is reported."""
    assert not collapsed("matthews_correlation", RNG.integers(0, 2, (5, 300)), LABELS).any()


def test_two_runs_are_too_few_for_a_collapse() -> None:
    """A run at chance beside one that learned is not called collapsed, unless the other side learned too."""
    two = np.stack([LEARNT[0], np.ones(300)])
    assert not collapsed("accuracy", two, LABELS).any()
    assert [False, True] == collapsed("accuracy", two, LABELS, LEARNT[1:]).tolist()
    assert [True] == collapsed("accuracy", np.ones((1, 300)), LABELS, LEARNT).tolist()


def test_nearly_constant_classes() -> None:
    """Few other predictions count only if they tell the classes apart; a rare class that is found is healthy."""
    balanced = np.repeat([0, 1], 100)
    one_other = np.where(np.arange(200) == 150, 1, 0)
    rare = (np.arange(1000) < 10).astype(int)
    found = np.where(np.arange(1000) < 7, 1, 0)
    misplaced = np.roll(found, 500)
    assert [True] == nearly_constant([one_other], balanced, is_regression=False).tolist()
    assert [False, True] == nearly_constant([found, misplaced], rare, is_regression=False).tolist()
    three = np.repeat([0, 1, 2], 50)
    assert [False, True] == nearly_constant([three, one_other[:150] + 1], three, is_regression=False).tolist()


def test_nearly_constant_numbers() -> None:
    """Numbers with a tiny spread are constant, unless they correlate with the references."""
    gold = RNG.uniform(0, 5, 200)
    noise = 2.5 + 0.01 * RNG.standard_normal(200)
    shrunk = 2.5 + 0.01 * gold
    assert [True, False, False] == nearly_constant(
        [noise, shrunk, RNG.uniform(0, 5, 200)], gold, is_regression=True
    ).tolist()


@pytest.mark.parametrize("metric", ["accuracy", "f1", "matthews_correlation", "pearson", "spearmanr"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.7])
def test_runs_that_know_nothing_are_at_chance(metric: str, share: float) -> None:
    """Predictions that are independent of the references beat chance at most at the rate of 5 %, whatever their mix."""
    gold = np.arange(280) < 280 * share
    guesses = RNG.random((2000, 280)) < np.linspace(0.02, 0.98, 2000)[:, np.newaxis]
    assert at_chance(metric, guesses, gold).mean() > 0.94
    knowing = np.where(RNG.random((200, 280)) < 0.12, ~gold, gold)
    assert not at_chance(metric, knowing[:, :], gold).any() or share == 0.1


@pytest.mark.parametrize(
    ("losses", "expected"),
    [([0.69, 0.69, 0.70], True), ([0.69, 0.60, 0.70], False), ([0.69], False), ([0.69, float("nan")], False)],
)
def test_a_loss_moved_if_it_fell_by_a_hundredth(losses: list[float], expected: Any) -> None:
    """A loss moved if it fell by a hundredth of its first value; a single loss or NaN is not reported."""
    assert expected is never_moved(losses)


@pytest.mark.parametrize("n", [2, 40, 277, 40000])
def test_an_association_is_that_of_fishers_exact_test(n: int) -> None:
    """Whether predictions are associated with the references is decided as SciPy's hypergeometric distribution does."""
    from scipy.stats import hypergeom

    from pytest_glue.statistics.diagnostics import _hypergeometric_tail

    rng = np.random.default_rng(n)
    for _ in range(50):
        marked, drawn = (int(count) for count in rng.integers(0, n + 1, 2))
        count = int(rng.integers(0, min(marked, drawn) + 1))
        expected = hypergeom.sf(count - 1, n, marked, drawn)
        assert expected == pytest.approx(_hypergeometric_tail(count, n, marked, drawn), rel=1e-6, abs=1e-12)
