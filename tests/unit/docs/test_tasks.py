"""docs/tasks.md: the examples of its fields."""

import re
import tomllib
from pathlib import Path

import pytest

from pytest_glue.config.own_tasks import parse_task
from pytest_glue.config.task_fields import TASK_FIELDS

DOCUMENT = Path(__file__).parents[3] / "docs" / "tasks.md"


@pytest.mark.parametrize("name", TASK_FIELDS)
def test_the_example_of_a_field_is_accepted(name: str) -> None:
    field = TASK_FIELDS[name]
    field.parse(tomllib.loads(f"{name} = {field.example}")[name], Path())


def test_the_examples_of_the_document_are_accepted() -> None:
    """Each table in TOML is a task."""
    examples = re.findall(r"```toml\n(.*?)```", DOCUMENT.read_text("utf-8"), re.DOTALL)
    tasks = [
        parse_task(name, table, Path())
        for example in examples
        for name, table in tomllib.loads(example)["tool"]["pytest_glue"]["task"].items()
    ]
    assert {"tickets", "topics"} <= {task.name for task in tasks}
