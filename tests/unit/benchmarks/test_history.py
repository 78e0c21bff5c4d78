"""The simulation of histories, and the figures that are published of it."""

import numpy as np

from benchmarks.history import EDGE, RESULTS, cell, distance, history, placed
from pytest_glue.statistics.change_points import ChangePoint


def test_the_bar_is_met() -> None:
    """With three seeds, nine of ten ranges are right within two commits, and 5 % of other histories have one."""
    with_drop, without = cell("normal", 3, 1, 40), cell("normal", 3, 0, 60)
    assert with_drop.right >= 0.9
    assert with_drop.width <= 10
    assert without.named <= 0.05


def test_changes_are_placed_apart() -> None:
    """Two changes leave enough results before, between and after them, and each moves the expected score."""
    rng = np.random.default_rng(1)
    for _ in range(50):
        first, second = placed(rng, 2)
        assert EDGE <= first <= second - EDGE
        assert second <= RESULTS - EDGE
    results = history(rng, "normal", 1000, [first, second], 1.0)
    assert abs(results[:first].mean()) < 0.1
    assert abs(results[first:second].mean() + 1) < 0.1
    assert abs(results[second:].mean()) < 0.1


def test_the_distance_to_a_range() -> None:
    """It is 0 inside."""
    change = ChangePoint(10, 11, 13, 0.01, 0.0, 1.0)
    assert [2, 0, 0, 1] == [distance(position, change) for position in (8, 10, 13, 14)]
