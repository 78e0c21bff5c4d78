"""docs/tasks.md: the table of fields, and its examples."""

import re
import tomllib
from pathlib import Path

import pytest

from pytest_glue.config.own_tasks import parse_task
from pytest_glue.config.task_fields import TASK_FIELDS
from pytest_glue.config.task_reference import fields_table

DOCUMENT = Path(__file__).parents[3] / "docs" / "tasks.md"


def test_the_document_holds_the_table_of_fields() -> None:
    """To renew the table, run `python -m pytest_glue.config.task_reference`."""
    _, _, rest = DOCUMENT.read_text("utf-8").partition("<!-- fields -->\n")
    table, end, _ = rest.partition("\n<!-- /fields -->")
    assert (fields_table(), "\n<!-- /fields -->") == (table, end)


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
