"""`pytest-glue tasks`: list the tasks that can be run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pytest_glue.commands.arguments import DEFAULT_CHECKPOINT
from pytest_glue.commands.output import complain, print_json, terminal_width

if TYPE_CHECKING:
    import argparse

    from pytest_glue.commands.arguments import Commands
    from pytest_glue.config.options import Options
    from pytest_glue.core.tasks import Task


def add_tasks(commands: Commands) -> None:
    tasks = commands.add_parser(
        "tasks",
        help="list the tasks that can be run",
        description="List the tasks that can be run, your own ones in the table [tool.pytest_glue] and those of GLUE, "
        "with sizes, metrics, chance level and expected time. Data on this machine is read; none is downloaded. "
        "Tasks that a conftest.py registers are not listed.",
        epilog="Exit code: 0 if the tasks are listed, 1 if the data of one that is yours or that is named cannot be "
        "used, 2 if an argument or the table is not accepted.",
    )
    tasks.add_argument("names", nargs="*", metavar="NAME", help="only these tasks")
    tasks.add_argument(
        "--config", type=Path, metavar="FILE", help="file with the table (default: the closest pyproject.toml with one)"
    )
    tasks.add_argument(
        "--data", metavar="SOURCE", help="of GLUE's tasks: a folder, hub or sample (default: as the table)"
    )
    tasks.add_argument(
        "--checkpoint",
        metavar="NAME",
        help=f"whose time is expected (default: the first of the table, or {DEFAULT_CHECKPOINT})",
    )
    tasks.add_argument("--json", action="store_true", help="print a list of objects")
    tasks.set_defaults(run=_tasks)


def _tasks(given: argparse.Namespace) -> int:
    from pytest_glue.commands.project_options import project_file, project_options
    from pytest_glue.commands.task_facts import TaskReader
    from pytest_glue.core.checkpoints import Checkpoint
    from pytest_glue.reports.task_table import task_lines
    from pytest_glue.scheduling.durations import recorded_scales

    named = {"data": given.data, "checkpoints": given.checkpoint}
    file = project_file(given.config)
    options = project_options(
        file,
        required=given.config is not None,
        given={name: value for name, value in named.items() if value is not None},
    )
    asked = _asked(given.names, options)
    checkpoint = next(iter(options.checkpoints), None) or Checkpoint.parse(DEFAULT_CHECKPOINT)
    reader = TaskReader(options, checkpoint, recorded_scales(file.parent))
    facts = [reader.facts(task) for task in asked]
    if given.json:
        print_json([each.plain() for each in facts])
    else:
        is_measured = all(map(reader.is_measured, asked))
        lines = task_lines(facts, checkpoint.label, is_measured=is_measured, width=terminal_width())
        print("\n".join(lines))
    # A folder need not have all tasks of GLUE.
    asked_for = {*given.names, *options.task}
    problems = [f"{each.task.name}: {each.problem}" for each in facts if each.problem and each.task.name in asked_for]
    complain(*problems)
    return 1 if problems else 0


def _asked(names: list[str], options: Options) -> list[Task]:
    """Return the tasks of these names, or all; the user's own ones first.

    Raises:
        OptionError: there is no such task.
    """
    from pytest_glue.core.tasks import GLUE, find_task

    known = options.known_tasks
    return [find_task(name, known) for name in names or sorted(known, key=lambda name: (name in GLUE, name))]
