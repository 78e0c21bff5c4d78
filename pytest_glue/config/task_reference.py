"""The table of the fields of a task in docs/tasks.md; `python -m docs.tables` writes it there, this prints it."""

import sys

from pytest_glue.config.task_fields import TASK_FIELDS


def fields_table() -> str:
    """Return a Markdown table with a row for each field."""
    rows = [
        f"| `{field.name}` | {field.accepted} | {field.default} | {field.meaning} | `{field.name} = {field.example}` |"
        for field in TASK_FIELDS.values()
    ]
    return "\n".join(["| field | value | default | meaning | example |", "|---|---|---|---|---|", *rows])


if __name__ == "__main__":
    sys.stdout.write(f"{fields_table()}\n")
