"""The names that users import from the package itself."""

import subprocess
import sys
from dataclasses import replace

import pytest

import pytest_glue
from pytest_glue.core.errors import OptionError
from pytest_glue.core.slices import Slice
from pytest_glue.core.task_data import TaskData
from pytest_glue.core.tasks import Kind, Task


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
