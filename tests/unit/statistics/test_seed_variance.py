"""Published spreads between seeds."""

import pytest

from pytest_glue.core.tasks import GLUE
from pytest_glue.statistics.seed_variance import PUBLISHED, SeedVariance, published_seed_variance


def test_is_the_largest_that_was_published() -> None:
    """RTE's is 2.17 points, of 20 seeds, with its source."""
    seed_variance = published_seed_variance("rte", "accuracy")
    assert seed_variance is not None
    assert (0.0217, 19) == (seed_variance.standard_deviation, seed_variance.degrees_of_freedom)
    assert "IBM/model-recycling@0dfeb00" in seed_variance.source


@pytest.mark.parametrize(("task", "metric"), [("cola", "matthews_correlation"), ("stsb", "pearson"), ("mrpc", "f1")])
def test_is_none_where_none_was_published(task: str, metric: str) -> None:
    """A metric without a published spread has none, whatever is known of another metric."""
    assert published_seed_variance(task, metric) is None


def test_names_tasks_of_glue() -> None:
    """Every entry is of a task and of one that the project knows."""
    assert {task for task, _ in PUBLISHED} <= set(GLUE)


@pytest.mark.parametrize(
    ("sd", "df"), [(-0.1, 19), (float("nan"), 19), (float("inf"), 19), (0.1, 0), (0.1, float("nan"))]
)
def test_nonsense_is_refused(sd: float, df: float) -> None:
    """A spread is finite and not negative, from at least two runs."""
    with pytest.raises(ValueError, match="accepted"):
        SeedVariance(sd, df, "invalid")
