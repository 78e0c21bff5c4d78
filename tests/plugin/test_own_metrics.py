"""A user's own metric as the headline metric of a task: judged, recorded, compared and cached."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.plugin.conftest import TINY, Run

Report = Callable[..., Any]

CONFTEST = """
from dataclasses import replace
from pytest_glue.core.tasks import GLUE

def pytest_glue_register_tasks(registry):
    registry.add(replace(GLUE["stsb"], name="mine", metrics=("{metric}", "pearson")))
"""
COST = """
def cost(predictions, references):
    too_high = predictions > references
    return float((abs(predictions - references) * (1 + {factor} * too_high)).mean())

cost.greater_is_better, cost.low = False, 0.0
"""
KEEPS = ("--glue-json=out.json", "--glue-seeds=2", "--glue-threshold=mine=1000")


@pytest.fixture
def mine(pytester: pytest.Pytester, fresh: Run) -> Run:
    """Run a task with the headline metric `costs:cost`, in a new process."""
    pytester.makeconftest(CONFTEST.format(metric="costs:cost"))
    pytester.makepyfile(costs=COST.format(factor=3))
    return lambda *args: fresh(*TINY, *args)


def test_a_function_of_the_project_is_the_headline_metric(pytester: pytest.Pytester, mine: Run, report: Report) -> None:
    """It has a threshold and a baseline of its own direction, and a changed function never serves an old score."""
    saved = mine(*KEEPS, "--glue-save=main")
    (first,) = report()["results"]
    compared = mine(*KEEPS[:2], "--glue-compare=main", "--glue-max-drop=mine=5")
    red = mine("--glue-threshold=mine=0.1", "--glue-seeds=2")
    pytester.makepyfile(costs=COST.format(factor=30))
    changed = mine(*KEEPS)
    (second,) = report()["results"]

    saved.assert_outcomes(passed=1)
    assert ("costs:cost", False) == (first["headline_metric"], first["greater_is_better"])
    assert first["confidence_interval"][0] < first["score"] < first["confidence_interval"][1]
    assert {"costs:cost", "pearson"} == first["metrics"].keys()
    compared.assert_outcomes(passed=1)
    compared.stdout.fnmatch_lines(["mine *costs:cost * main * +0.000 * cached *"])
    red.assert_outcomes(failed=1)
    red.stdout.fnmatch_lines(["mine · sample: costs:cost * > threshold 0.100 (+*; n=24, 2 seeds, 95% CI *)"])
    changed.assert_outcomes(passed=1)
    assert not any(run["cached"] for run in second["runs"])
    assert second["score"] > first["score"]


def test_without_a_bound_it_is_not_judged(mine: Run) -> None:
    """There is no chance level to beat."""
    result = mine("--glue-cache=off")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*costs:cost * has no chance level, as a metric of your own: give a threshold*"])


@pytest.mark.parametrize(
    ("metric", "message"),
    [
        (
            "nowhere:cost",
            "*the metric 'nowhere:cost' cannot be imported: ModuleNotFoundError: No module named 'nowhere'*",
        ),
        ("costs:price", "*the metric 'costs:price': costs has no 'price': accepted: cost"),
        ("./none", "*the metric './none': there is no file */none*"),
    ],
)
def test_a_metric_that_is_not_there_ends_the_test_run(
    pytester: pytest.Pytester, tiny_fresh: Run, metric: str, message: str
) -> None:
    """Before anything is collected, with the exit code of a wrong option."""
    pytester.makepyfile(costs=COST.format(factor=1))
    pytester.makeconftest(CONFTEST.format(metric=metric))
    result = tiny_fresh()
    assert pytest.ExitCode.USAGE_ERROR == result.ret
    result.stderr.fnmatch_lines([message])


def test_a_metric_that_raises_is_an_error_before_the_training(pytester: pytest.Pytester, mine: Run) -> None:
    """It is an error of the item that names metric and cause."""
    pytester.makepyfile(costs="def cost(predictions, references):\n    return [1.0]\n")
    result = mine("--glue-cache=off")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*the metric 'costs:cost' returned [[]1.0[]], a list; accepted: a number*"])
    assert "epoch" not in result.stdout.str()
