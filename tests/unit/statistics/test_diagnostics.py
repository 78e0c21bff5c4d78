"""Runs that are broken."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from pytest_glue.core.metrics import chance_level
from pytest_glue.statistics.diagnostics import collapsed, constant_predictions, never_moved

Array = NDArray[np.float64]

RNG = np.random.default_rng(0)
LABELS = (RNG.random(300) < 0.69).astype(int)
LEARNT = np.where(RNG.random((5, 300)) < 0.15, 1 - LABELS, LABELS)


def test_constant_predictions_are_seen_by_run() -> None:
    """Classes that are all the same, and numbers that differ by rounding alone."""
    assert [True, False, True] == constant_predictions(
        np.array([[1, 1, 1], [1, 0, 1], [2.5, 2.5 + 1e-12, 2.5]])
    ).tolist()


@pytest.mark.parametrize(
    ("metric", "expected"),
    [("accuracy", LABELS.mean()), ("f1", 2 * LABELS.sum() / (LABELS.sum() + 300)), ("matthews_correlation", 0.0)],
)
def test_chance_is_the_best_constant(metric: str, expected: Any) -> None:
    """The majority class for accuracy, all positive for F1, 0 for a correlation."""
    assert chance_level(metric, LABELS.tolist()) == pytest.approx(expected)


@pytest.mark.parametrize("metric", ["accuracy", "f1", "matthews_correlation"])
@pytest.mark.parametrize("broken", [np.ones(300), RNG.permutation(LABELS)], ids=["constant", "at chance"])
def test_one_of_five_that_learnt_nothing_collapsed(metric: str, broken: Array) -> None:
    """A constant run and one at chance are told apart from four that learnt."""
    runs = LEARNT.copy()
    runs[2] = broken
    assert [False, False, True, False, False] == collapsed(metric, runs, LABELS).tolist()


def test_seeds_that_differ_a_little_did_not_collapse() -> None:
    """The worst of five good runs is only the worst."""
    assert not collapsed("matthews_correlation", LEARNT, LABELS).any()


def test_all_at_chance_is_not_a_collapse_of_one() -> None:
    """Where the recipe learns nothing, no single run is to blame."""
    assert not collapsed("matthews_correlation", RNG.integers(0, 2, (5, 300)), LABELS).any()


def test_two_runs_do_not_tell_which_one_collapsed() -> None:
    """Fewer than three runs have no others to be measured by."""
    assert not collapsed("accuracy", np.stack([LEARNT[0], np.ones(300)]), LABELS).any()


@pytest.mark.parametrize(
    ("losses", "expected"),
    [([0.69, 0.69, 0.70], True), ([0.69, 0.60, 0.70], False), ([0.69], False), ([0.69, float("nan")], False)],
)
def test_a_loss_that_never_fell_did_not_move(losses: list[float], expected: Any) -> None:
    """By a hundredth of where it began; one loss tells nothing."""
    assert expected is never_moved(losses)


def test_a_share_out_of_range_is_refused() -> None:
    """The share is between 0 and 1."""
    with pytest.raises(ValueError, match="share 2"):
        never_moved([1, 2], share=2)
