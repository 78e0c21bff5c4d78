"""The properties of a JUnit test case."""

from collections.abc import Callable
from dataclasses import replace

from pytest_glue.core.evaluation import Evaluation
from pytest_glue.core.verdict import FailedRun, Verdict
from pytest_glue.reports.junit import properties


def test_properties_have_stable_names(evaluation: Evaluation) -> None:
    """The facts are text under stable names."""
    assert properties(evaluation) == [
        ("glue.task", "rte"),
        ("glue.checkpoint", "a/b@86b5e09"),
        ("glue.metric", "accuracy"),
        ("glue.score", "0.614"),
        ("glue.threshold", "0.65"),
        ("glue.verdict", "fail"),
        ("glue.reason", "rte · a/b@86b5e09: accuracy 0.614 < threshold 0.650 (-0.036; n=277, 1 seed)"),
    ]


def test_missing_facts_are_left_out(like: Callable[..., Evaluation]) -> None:
    """An undefined score and a missing threshold have no property."""
    found = dict(properties(like(score=None, threshold=None, verdict=Verdict.DEGENERATE)))
    assert set() == {"glue.score", "glue.threshold"} & found.keys()
    assert "degenerate" == found["glue.verdict"]


def test_cached_runs_are_counted(evaluation: Evaluation, like: Callable[..., Evaluation]) -> None:
    """The number of cached runs is a property if there are any."""
    run = replace(evaluation.runs[0], cached=True)
    assert "2" == dict(properties(like(runs=(run, *evaluation.runs, run))))["glue.cached_runs"]


def test_failed_runs_are_counted(evaluation: Evaluation, like: Callable[..., Evaluation]) -> None:
    """The number of runs that failed to train is a property if there are any."""
    found = like(failed_runs=(FailedRun(42, "predicted the same for every example"),))
    assert "1" == dict(properties(found))["glue.failed_runs"]
    assert "glue.failed_runs" not in dict(properties(evaluation))


def test_a_score_of_zero_has_a_property(like: Callable[..., Evaluation]) -> None:
    """A score of 0 has a property, and scores have six significant digits."""
    assert "0" == dict(properties(like(score=0.0)))["glue.score"]
    assert "0.333333" == dict(properties(like(score=1 / 3)))["glue.score"]
