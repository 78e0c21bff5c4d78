"""Data, task and checkpoint that a user's fixture provides: reports do not name those of the options."""

from collections.abc import Callable
from typing import Any

import pytest

Run = Callable[..., pytest.RunResult]
Report = Callable[..., Any]

OWN = """
import dataclasses
import pytest
from pytest_glue.sample.examples import sample_dataset

@pytest.fixture
def glue_task(glue_task):
    return dataclasses.replace(glue_task, name="tickets")

@pytest.fixture
def glue_data({arguments}):
    data = sample_dataset("stsb")
    return type(data)({{name: split.select(range(32)) for name, split in data.items()}})
"""


def test_an_own_task(pytester: pytest.Pytester, here: Run, report: Report) -> None:
    """An own task's baseline is found again, its thresholds and drops are accepted, and "overridden" is said."""
    pytester.makeconftest(OWN.format(arguments=""))
    own = ("--glue-tasks=stsb", "--glue-data=./none", "--glue-checkpoints=sample", "--glue-recipe=num_train_epochs=1")

    here(*own, "--glue-seeds=2", "--glue-save=main", "--glue-threshold=tickets=-1").assert_outcomes(passed=1)
    result = here(
        *own,
        "--glue-seeds=2",
        "--glue-compare=main",
        "--glue-threshold=tickets:pearson=-1",
        "--glue-threshold=imdb=0.9",
        "--glue-max-drop=tickets=0.5",
        "--glue-json=out.json",
    )

    result.assert_outcomes(passed=1)
    (found,) = report()["results"]
    assert ("tickets", -1.0, 0.5) == (found["task"], found["threshold"], found["baseline"]["max_drop"])
    assert "overridden glue_data" == found["data"]
    assert "glue_task is overridden" in found["notes"]
    assert found["baseline"]["file"].endswith("glue-baselines/main/tickets/sample.json")
    assert {"tickets:pearson": -1.0, "imdb": 0.9} == report()["options"]["threshold"]
    result.stdout.fnmatch_lines(
        [
            "glue: glue_data is overridden in 1 of 1 items: their data is not the header's",
            "glue: glue_task is overridden in 1 of 1 items: their task is not the header's",
            "tickets *",
            "the threshold of imdb is not used: no item of this test run has this task",
        ]
    )


def test_data_that_changes_the_options(pytester: pytest.Pytester, tiny: Run, report: Report) -> None:
    """Data that is made of the options' data names that source too, and stays synthetic."""
    pytester.makeconftest(
        """
        import pytest

        @pytest.fixture
        def glue_data(glue_data):
            return glue_data
        """
    )

    result = tiny("--glue-tasks=stsb", "--glue-threshold=stsb=-1", "--glue-json=out.json")

    result.assert_outcomes(passed=1)
    assert ["sample (synthetic data), changed by an overridden glue_data"] == [
        each["data"] for each in report()["results"]
    ]


def test_a_metric_that_the_own_task_lacks(pytester: pytest.Pytester, here: Run) -> None:
    """A threshold for another metric is an error of the item, before anything is trained."""
    pytester.makeconftest(OWN.format(arguments=""))

    result = here(
        "--glue-tasks=stsb", "--glue-data=sample", "--glue-checkpoints=sample", "--glue-threshold=tickets:f1=0.5"
    )

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["ERROR * - task 'tickets' has no metric 'f1': accepted: pearson, spearmanr"])
