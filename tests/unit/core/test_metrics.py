"""The table of metrics."""

import pytest

from pytest_glue.core.metrics import METRICS, Chance
from pytest_glue.statistics.metrics import FUNCTIONS


@pytest.mark.parametrize(
    ("name", "low", "chance"),
    [
        ("accuracy", 0.0, Chance.CONSTANT),
        ("f1", 0.0, Chance.CONSTANT),
        ("matthews_correlation", -1.0, Chance.ZERO),
        ("pearson", -1.0, Chance.ZERO),
        ("spearmanr", -1.0, Chance.ZERO),
    ],
)
def test_a_metric_has_its_range_and_its_chance(name: str, low: float, chance: Chance) -> None:
    """Shares start at 0 and have a majority class; correlations start at -1 and are 0 for whoever knows nothing."""
    assert (name, low, 1.0, chance) == (METRICS[name].name, METRICS[name].low, METRICS[name].high, METRICS[name].chance)


def test_every_metric_can_be_computed() -> None:
    """The names that can be asked for are those that there is a function for."""
    assert set(FUNCTIONS) == set(METRICS)
