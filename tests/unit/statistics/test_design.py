"""Numbers of seeds that cannot show a drop."""

import pytest

from pytest_glue.statistics.design import FEW_DEVIATIONS, detectable_deviations, sufficient_seeds


@pytest.mark.parametrize(
    ("candidate", "baseline", "items", "seeds"),
    [
        (3, 3, 1, None),
        (3, 3, 10, None),
        (5, 5, 50, None),
        (1, 5, 1, None),
        (1, 1, 1, 3),
        (1, 2, 1, 3),
        (2, 2, 1, None),
        (2, 2, 10, 4),
        (2, 10, 10, 4),
        (3, 3, 50, 5),
    ],
)
def test_a_design_without_power_names_one_that_has(
    candidate: int, baseline: int, items: int, seeds: int | None
) -> None:
    """Few seeds are enough for one item and not for many; the proposal has power for as many."""
    assert seeds == sufficient_seeds(candidate, baseline, 0.05 / items)
    if seeds is not None:
        assert detectable_deviations(seeds, seeds, 0.05 / items) <= FEW_DEVIATIONS


def test_more_seeds_detect_less() -> None:
    """Equal sides detect smaller drops with more seeds, and larger ones among more items."""
    found = [detectable_deviations(k, k, 0.05) for k in range(2, 11)]
    assert found == sorted(found, reverse=True)
    assert detectable_deviations(3, 3, 0.005) > found[1]
