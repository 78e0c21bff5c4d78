"""Published spreads between seeds."""

import pytest

from pytest_glue.core.tasks import GLUE
from pytest_glue.statistics.seed_variance import PUBLISHED, SeedSpread, published_spread


def test_is_the_largest_that_was_published() -> None:
    """RTE's is 2.17 points, of 20 seeds, with its source."""
    spread = published_spread("rte", "accuracy")
    assert spread is not None
    assert (0.0217, 19) == (spread.standard_deviation, spread.degrees_of_freedom)
    assert "IBM/model-recycling@0dfeb00" in spread.source


@pytest.mark.parametrize(("task", "metric"), [("cola", "matthews_correlation"), ("stsb", "pearson"), ("mrpc", "f1")])
def test_is_none_where_none_was_published(task: str, metric: str) -> None:
    """A metric without a published spread has none, whatever is known of another metric."""
    assert published_spread(task, metric) is None


def test_names_tasks_of_glue() -> None:
    """Every entry is of a task and of one that the project knows."""
    assert {task for task, _ in PUBLISHED} <= set(GLUE)


@pytest.mark.parametrize(
    ("sd", "df"), [(-0.1, 19), (float("nan"), 19), (float("inf"), 19), (0.1, 0), (0.1, float("nan"))]
)
def test_nonsense_is_refused(sd: float, df: float) -> None:
    """A spread is finite and not negative, from at least two runs."""
    with pytest.raises(ValueError, match="accepted"):
        SeedSpread(sd, df, "made up")
