"""The table of metrics."""

import pytest

from pytest_glue.core.metrics import METRICS
from pytest_glue.statistics.metrics import score


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


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_has_a_formula(name: str) -> None:
    """Each metric of the table can be computed; predictions equal to the references score 1."""
    assert 1.0 == score(name, [[0, 1, 1]], [0, 1, 1])[0]
