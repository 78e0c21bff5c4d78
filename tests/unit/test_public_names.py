"""The names that users import from the package itself."""

import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest

import pytest_glue
from pytest_glue.core.errors import OptionError
from pytest_glue.core.slices import Slice
from pytest_glue.core.task_data import TaskData
from pytest_glue.core.tasks import GLUE, Kind, Task


def test_tasks_are_public() -> None:
    """A task can be built and checked without the plugin."""
    assert (Kind, Task, TaskData) == (pytest_glue.Kind, pytest_glue.Task, pytest_glue.TaskData)
    assert Slice is pytest_glue.Slice
    task = pytest_glue.Task("a", "a", ("text",), ("no", "yes"), ("accuracy",))
    assert pytest_glue.Kind.CLASSIFICATION is task.kind


def test_a_task_is_checked() -> None:
    """As one in TOML is, in a unit test of the user's."""
    task = pytest_glue.Task("a", "a", ("text",), ("no", "yes"), ("accuracy",))
    pytest_glue.check_task(task)
    with pytest.raises(OptionError, match="the metric 'pearson' does not fit the kind classification"):
        pytest_glue.check_task(replace(task, metrics=("pearson",)))


def test_another_name() -> None:
    with pytest.raises(AttributeError, match="module 'pytest_glue' has no attribute 'Tusk'"):
        _ = pytest_glue.Tusk


def test_importing_the_package_imports_none_of_its_modules() -> None:
    code = "import sys, pytest_glue; print([name for name in sys.modules if name.startswith('pytest_glue.')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "[]" == done.stdout.strip()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"evaluation_fraction": 2.0}, "evaluation_fraction = 2.0: expected a number above 0 and below 1"),
        ({"golden_min": 5.0}, "golden_min = 5.0: expected a number from 0 to 1"),
        ({"golden_tolerance": -1.0}, "golden_tolerance = -1.0: expected a number of at least 0"),
        ({"text_columns": ()}, "expected one column, or two that differ"),
        ({"text_columns": ("text", "text")}, "expected one column, or two that differ"),
        ({"text_columns": "text"}, r"Expected `array`, got `str` - at `\$.text_columns`"),
        ({"labels": ("a",)}, "expected two or more"),
        ({"labels": ("a", "b", "a")}, "'a' stands there twice"),
        ({"labels": ["a", "b"]}, r"labels = \['a', 'b'\]: expected \('a', 'b'\)"),
        ({"labels": (1, 2)}, r"Expected `str`, got `int` - at `\$.labels\[0\]`"),
        ({"slices": ("language",)}, r"Expected `object`, got `str` - at `\$.slices\[0\]`"),
        ({"golden": 3}, r"Expected `str`, got `int` - at `\$.golden`"),
        ({"metrics": ()}, "it has no metrics; those that fit"),
    ],
)
def test_a_task_in_python_is_checked_as_one_in_toml(changes: dict[str, Any], message: str) -> None:
    """Python itself checks no types, and a wrong one would end in a traceback, or in another score."""
    task = replace(GLUE["rte"], name="mine", configuration="mine")
    pytest_glue.check_task(task)
    with pytest.raises(OptionError, match=message):
        pytest_glue.check_task(replace(task, **changes))
