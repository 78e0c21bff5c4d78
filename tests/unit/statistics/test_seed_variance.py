"""The published variance between seeds."""

import numpy as np
import pytest

from benchmarks.score_world import standard_noise
from pytest_glue.core.tasks import GLUE
from pytest_glue.statistics.comparison import distance, p_values
from pytest_glue.statistics.scored_runs import ScoredRuns
from pytest_glue.statistics.seed_variance import PUBLISHED, SeedVariance, published_seed_variance


def test_the_largest_published_value_is_used() -> None:
    """For RTE it is 2.17 points, from 20 seeds, with its source."""
    seed_variance = published_seed_variance("rte", "accuracy")
    assert seed_variance is not None
    assert (0.0217, 19) == (seed_variance.standard_deviation, seed_variance.degrees_of_freedom)
    assert "IBM/model-recycling@0dfeb00" in seed_variance.source


def test_published_values_are_those_of_the_source() -> None:
    """MNLI's largest is 0.26 points; that of STS-B is 0.61 points of Spearman's correlation."""
    found = [
        published_seed_variance(*key) for key in (("mnli", "accuracy"), ("mnli-mm", "accuracy"), ("stsb", "spearmanr"))
    ]
    assert [0.0026, 0.0026, 0.0061] == [each.standard_deviation for each in found if each is not None]


@pytest.mark.parametrize(("task", "metric"), [("cola", "matthews_correlation"), ("stsb", "pearson"), ("mrpc", "f1")])
def test_an_unpublished_metric_has_none(task: str, metric: str) -> None:
    """Another metric of the same task is not used instead."""
    assert published_seed_variance(task, metric) is None


def test_published_tasks_are_glue_tasks() -> None:
    """Every entry names a task of GLUE."""
    assert {task for task, _ in PUBLISHED} <= set(GLUE)


@pytest.mark.parametrize(
    ("sd", "df"), [(-0.1, 19), (float("nan"), 19), (float("inf"), 19), (0.1, 0), (0.1, float("nan"))]
)
def test_bad_values_are_refused(sd: float, df: float) -> None:
    """A standard deviation is finite and not negative, and comes from at least two runs."""
    with pytest.raises(ValueError, match="accepted"):
        SeedVariance(sd, df, "a table")


@pytest.mark.parametrize("noise", ["normal", "t3", "skewed"])
@pytest.mark.parametrize("items", [1, 10])
def test_one_run_on_each_side_keeps_its_error_rate_with_heavy_tails(noise: str, items: int) -> None:
    """One run says nothing about the tails of its noise: of ten items with t3 noise, one failed in 8 % of test runs."""
    drawn = 0.8 + 0.02 * standard_noise(noise, np.random.default_rng(4), (2, 20_000, 1))
    candidate, baseline = (ScoredRuns(scores, np.zeros((20_000, 1, 2)), 1043, 1.0) for scores in drawn)
    p_fail, p_pass = p_values(*distance("accuracy", candidate, baseline, 0.0, SeedVariance(0.02, 19, "a table")), 0.0)
    assert items * np.mean(p_fail <= 0.05 / items) <= 0.055
    assert items * np.mean(p_pass <= 0.05 / items) <= 0.055
