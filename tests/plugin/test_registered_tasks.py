"""Tasks that a `conftest.py` registers."""

import pytest

from tests.plugin.conftest import Run

CONFTEST = """
from dataclasses import replace
from pytest_glue.core.tasks import GLUE

def pytest_glue_register_tasks(registry):
    registry.add(replace(GLUE["wnli"], name="{name}", metrics=("f1", "accuracy")))
"""


def test_a_registered_task_is_run_and_named(pytester: pytest.Pytester, tiny: Run) -> None:
    """It is one of the project's tasks, which `all` means, and options can name it."""
    pytester.makeconftest(CONFTEST.format(name="mine"))
    result = tiny("--glue-max-drop=mine=0.1", "-v")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*test_glue[[]mine-sample[]] PASSED*"])


def test_a_task_named_like_one_of_glue_is_refused(pytester: pytest.Pytester, tiny: Run) -> None:
    pytester.makeconftest(CONFTEST.format(name="cola"))
    result = tiny()
    assert pytest.ExitCode.USAGE_ERROR == result.ret
    result.stderr.fnmatch_lines(["*there is a task 'cola' already: choose another name"])


@pytest.mark.parametrize("option", ["threshold = { tt = 0.8 }", "max_drop = { tt = 0.1 }"])
def test_a_bound_of_a_task_that_does_not_exist(pytester: pytest.Pytester, here: Run, option: str) -> None:
    """A misspelt name would silently turn a gate green."""
    pytester.makepyprojecttoml(
        f"[tool.pytest_glue]\ndata = 'sample'\ncheckpoints = ['sample']\ntasks = ['rte']\n{option}"
    )
    result = here()
    assert pytest.ExitCode.USAGE_ERROR == result.ret
    result.stderr.fnmatch_lines(
        [f"*`{option.split(maxsplit=1)[0]}` in a table or marker: unknown task 'tt': accepted: *"]
    )
