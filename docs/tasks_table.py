"""The tables of GLUE's tasks and of the fields of an own task, from their declarations."""

from pytest_glue.config.task_fields import TASK_FIELDS
from pytest_glue.core.tasks import GLUE, Task


def tasks_table() -> str:
    """Return a Markdown table with a row for each task."""
    header = ["| task | text columns | labels | metrics | evaluation split |", "|---|---|---|---|---|"]
    return "\n".join([*header, *(_row(task) for task in GLUE.values())])


def fields_table() -> str:
    """Return a Markdown table with a row for each field of an own task."""
    rows = [
        f"| `{field.name}` | {field.accepted} | {field.default} | {field.meaning} | `{field.name} = {field.example}` |"
        for field in TASK_FIELDS.values()
    ]
    return "\n".join(["| field | value | default | meaning | example |", "|---|---|---|---|---|", *rows])


def _row(task: Task) -> str:
    texts, labels = ", ".join(task.text_columns), ", ".join(task.labels) or "a number from 0 to 5"
    metrics = ", ".join(f"`{metric}`" for metric in task.metrics)
    return f"| `{task.name}` | {texts} | {labels} | {metrics} | {task.evaluation_split} |"
