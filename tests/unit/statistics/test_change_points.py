"""Change points: false alarms, and where a change is."""

import numpy as np
import pytest

from pytest_glue.statistics.change_points import change_points

N = 60


def found(values: object, weights: object = None, alpha: float = 0.05) -> list[tuple[int, int, int]]:
    array = np.asarray(values, dtype=float)
    given = np.ones(array.size) if weights is None else np.asarray(weights, dtype=float)
    return [(each.first, each.likely, each.last) for each in change_points(array, given, alpha)]


def noise(seed: int, n: int = N) -> object:
    return np.random.default_rng(seed).standard_normal(n)


def test_a_drop_is_placed() -> None:
    """The range holds the position, and the levels are the means of both parts."""
    values = np.asarray(noise(1)) - 4.0 * (np.arange(N) >= 40)
    (change,) = change_points(values, np.ones(N))
    assert change.first <= 40 <= change.last
    assert abs(change.likely - 40) <= 1
    assert change.last - change.first <= 3
    assert change.p_value == pytest.approx(0.001)
    assert (values[: change.likely].mean(), values[change.likely :].mean()) == pytest.approx(
        (change.before, change.after)
    )


def test_a_drop_that_was_put_right() -> None:
    """Half of a sequence that differs from both ends is found by the interval, each change in its own range."""
    values = np.asarray(noise(2)) - 2.0 * ((np.arange(N) >= 25) & (np.arange(N) < 35))
    first, second = found(values)
    assert first[0] <= 25 <= first[2] < second[0] <= 35 <= second[2]


@pytest.mark.parametrize("heavy", [False, True])
def test_false_alarms(heavy: bool) -> None:  # noqa: FBT001
    """At most 5 % of sequences without a change have one: 3 of 100 by chance, and more than 11 hardly ever."""
    rng = np.random.default_rng(3)
    draws = rng.standard_t(2, (100, 30)) if heavy else rng.standard_normal((100, 30))
    assert sum(bool(found(values)) for values in draws) <= 11


def test_nothing_to_find() -> None:
    """Sequences that are short or constant have no change, and no warning of a division."""
    with np.errstate(all="raise"):
        assert [] == found([0.7] * 20) == found([]) == found([1.0]) == found([1.0, 2.0, 3.0])
        assert [] == found([0.1 + 0.2] * 10 + [0.3] * 10)  # equal but for rounding


def test_a_step_without_noise() -> None:
    """It is placed exactly."""
    assert [(10, 10, 10)] == found([0.8] * 10 + [0.7] * 10)


def test_one_outlier_is_no_change() -> None:
    """A run that failed to train, in the middle or at the end, is not a level."""
    values = np.array(noise(4, 40))
    for position in (20, 39):
        spoilt = values.copy()
        spoilt[position] = -30.0
        assert [] == found(spoilt)


def test_weights() -> None:
    """Results of few seeds scatter more: a part with large deviations is no change of the mean."""
    rng = np.random.default_rng(5)
    weights = np.repeat([10.0, 1.0], 20)
    alarms = sum(bool(found(rng.standard_normal(40) / np.sqrt(weights), weights)) for _ in range(60))
    assert alarms <= 8


def test_it_is_reproducible_and_free_of_units() -> None:
    """The same sequence has the same changes, in any unit and upside down."""
    values = np.asarray(noise(6)) - 1.5 * (np.arange(N) >= 30)
    assert found(values) == found(values) == found(values * 0.01 + 0.7) == found(-values)
