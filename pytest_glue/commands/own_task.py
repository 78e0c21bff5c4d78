"""The table of a task with the team's own examples, for `pytest-glue init`."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_glue.core.errors import OptionError

if TYPE_CHECKING:
    import argparse

    from pytest_glue.commands.answers import Questions

_EVALUATION_FRACTION = 0.2
"""The share of the training examples that is scored, if there is no file of its own for that."""


def own_task_table(name: str, given: argparse.Namespace, questions: Questions, folder: Path) -> str:
    """Return the table of the task that the command line and the answers describe, after a check of its data.

    Args:
        name: of the task.
        given: the command line.
        questions: for what it does not give.
        folder: of the configuration, from which the table's paths start.

    Raises:
        OptionError: the name is not accepted, or a file is missing.
        DataError: a file cannot be read, or lacks a column or a split.
        NotConfirmedError: the user ended the questions.
    """
    from pytest_glue.config.own_tasks import parse_task
    from pytest_glue.data.source import HUB, source_of

    data = Path(questions.value("--data", given.data, "file with examples, such as train.csv, or a folder", None))
    there = _columns(data)
    text = given.text or questions.value("--text", None, f"text column, or two with a comma{there}", None).split(",")
    label = questions.value("--label", given.label, f"label column{there}", None)
    columns = ", ".join(quoted(each.strip()) for each in text)
    lines = [
        f"[tool.pytest_glue.task.{quoted(name)}]" if "." in name else f"[tool.pytest_glue.task.{name}]",
        *_data_lines(data, given.validation, folder),
        f"text = {columns if len(text) == 1 else f'[{columns}]'}",
        f"label = {quoted(label)}",
    ]
    table = "\n".join(lines) + "\n"
    task = parse_task(name, tomllib.loads("\n".join(lines[1:])), folder.resolve())
    source_of(task, HUB).check(task)
    return table


def _data_lines(data: Path, validation: Path | None, folder: Path) -> list[str]:
    shown = quoted(relative(data, folder))
    if validation is not None:
        return [f"data = {{ train = {shown}, validation = {quoted(relative(validation, folder))} }}"]
    return [f"data = {shown}", *([] if data.is_dir() else [f"evaluation_fraction = {_EVALUATION_FRACTION}"])]


def _columns(data: Path) -> str:
    """Return the columns of a file for a question; empty for a folder."""
    from pytest_glue.core.tasks import Task
    from pytest_glue.data.split_files import ENDINGS, is_known, open_split

    if data.is_dir():
        return ""
    if not data.is_file():
        raise OptionError(f"there is no file {data}: name a file or a folder with examples")
    if not is_known(data):
        raise OptionError(f"{data} is of an unknown kind; accepted endings: {', '.join(ENDINGS)}")
    any_task = Task("", "", (), (), ())  # the header is the same for each
    return f" ({', '.join(open_split((data,), any_task).columns())})"


def quoted(text: str) -> str:
    """Return a text as a TOML string."""
    return json.dumps(text, ensure_ascii=False)


def relative(path: Path, folder: Path) -> str:
    """Return the path from the folder, or the whole path if it is outside of it; a link keeps its name."""
    whole, root = path.parent.resolve() / path.name, folder.resolve()
    return (whole.relative_to(root) if whole.is_relative_to(root) else whole).as_posix()
