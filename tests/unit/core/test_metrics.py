"""The table of metrics."""

import pytest

from pytest_glue.core.metrics import METRICS
from pytest_glue.statistics.metrics import FUNCTIONS


@pytest.mark.parametrize(
    ("name", "low", "is_correlation"),
    [
        ("accuracy", 0.0, False),
        ("f1", 0.0, False),
        ("matthews_correlation", -1.0, True),
        ("pearson", -1.0, True),
        ("spearmanr", -1.0, True),
    ],
)
def test_a_metric_has_its_range(name: str, low: float, *, is_correlation: bool) -> None:
    """Accuracy and F1 start at 0, correlations at -1."""
    metric = METRICS[name]
    assert (name, low, 1.0, is_correlation) == (metric.name, metric.low, metric.high, metric.is_correlation)


def test_every_metric_can_be_computed() -> None:
    """Each name in the table has a function."""
    assert set(FUNCTIONS) == set(METRICS)
