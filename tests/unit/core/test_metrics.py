"""The table of metrics."""

from math import inf

import pytest

from pytest_glue.core.metrics import METRICS, Metric, find_metric
from pytest_glue.core.tasks import Kind
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
    """Each metric of the table can be computed; outputs that know the references have the best score."""
    metric = METRICS[name]
    sure = [[[40.0, 0.0], [0.0, 40.0], [0.0, 40.0]]]
    found = score(name, sure if metric.needs_probabilities else [[0, 1, 1]], [0, 1, 1])[0]
    assert (metric.high if metric.greater_is_better else metric.low) == pytest.approx(found, abs=1e-12)


@pytest.mark.parametrize("name", ["mae", "mse"])
def test_lower_errors_are_better(name: str) -> None:
    """An error has no upper end, and is a metric of regressions."""
    metric = METRICS[name]
    assert (0.0, float("inf"), False) == (metric.low, metric.high, metric.greater_is_better)
    assert (Kind.REGRESSION,) == metric.kinds


def test_a_range_has_a_better_and_a_worse_end() -> None:
    """The sign makes a score of which lower is better one of which higher is better."""
    accuracy, mse = METRICS["accuracy"], METRICS["mse"]
    assert (1, 1.0, 0.0, "drop", True) == _facts(accuracy)
    assert (-1, 0.0, float("inf"), "rise", False) == _facts(mse)


def _facts(metric: Metric) -> tuple[object, ...]:
    return metric.sign, metric.best, metric.worst, metric.drop, metric.is_bounded


@pytest.mark.parametrize(
    ("metric", "text"),
    [
        (METRICS["accuracy"], "a number from 0 to 1"),
        (METRICS["mse"], "a number of at least 0"),
        (Metric("r2", -inf, 1.0), "a number of at most 1"),
        (Metric("gain", -inf, inf), "a number"),
    ],
)
def test_the_range_in_words(metric: Metric, text: str) -> None:
    assert text == metric.range_text


@pytest.mark.parametrize(
    ("metric", "value", "expected"),
    [
        ("accuracy", 1, True),
        ("accuracy", 1.01, False),
        ("mse", 1e9, True),
        ("mse", inf, False),
        ("mse", -0.1, False),
        ("mse", True, False),
        ("mse", "1", False),
    ],
)
def test_what_is_a_score(metric: str, value: object, *, expected: bool) -> None:
    """A finite number in the metric's range is one."""
    assert expected is METRICS[metric].is_score(value)


def test_an_undefined_score_is_never_the_best() -> None:
    """Where higher is better, it counts as 0, the chance level; where lower is better, as the worst score."""
    assert 0.0 == METRICS["pearson"].undefined_score
    assert 1e300 < METRICS["mse"].undefined_score < inf
    assert 2.0 == Metric("brier", 0.0, 2.0, greater_is_better=False).undefined_score


def test_scores_for_people() -> None:
    """Fractions have three digits; numbers without bounds as many as they need."""
    assert ("0.000", "+0.500") == (METRICS["accuracy"].text(0.00012), METRICS["accuracy"].text(0.5, "+"))
    assert ("0.000120", "+0.810") == (METRICS["mse"].text(0.00012), METRICS["mse"].text(0.81, "+"))
    assert ("+0.000", "-0.000010") == (METRICS["mse"].text(8e-6, "+", 1.78), METRICS["mse"].text(-1e-5, "+", 0.0005))


def test_an_unknown_metric_is_named() -> None:
    with pytest.raises(ValueError, match="unknown metric 'f2'; accepted: accuracy"):
        find_metric("f2")
