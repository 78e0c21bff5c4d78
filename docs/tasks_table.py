"""The table of GLUE's tasks, from their declaration."""

from pytest_glue.core.tasks import GLUE, Task


def tasks_table() -> str:
    """Return a Markdown table with a row for each task."""
    header = ["| task | text columns | labels | metrics | evaluation split |", "|---|---|---|---|---|"]
    return "\n".join([*header, *(_row(task) for task in GLUE.values())])


def _row(task: Task) -> str:
    texts, labels = ", ".join(task.text_columns), ", ".join(task.labels) or "a number from 0 to 5"
    metrics = ", ".join(f"`{metric}`" for metric in task.metrics)
    return f"| `{task.name}` | {texts} | {labels} | {metrics} | {task.evaluation_split} |"
