"""The command `pytest-glue`; `commands/` has a file for each subcommand."""

from __future__ import annotations

import argparse
import sys
from importlib.metadata import version
from typing import TYPE_CHECKING

from pytest_glue.commands.baselines import add_baselines
from pytest_glue.commands.cache import add_cache
from pytest_glue.commands.compare import add_compare
from pytest_glue.commands.completion import add_completion
from pytest_glue.commands.export import add_export
from pytest_glue.commands.history import add_history
from pytest_glue.commands.init import add_init
from pytest_glue.commands.merge import add_merge
from pytest_glue.commands.output import with_output
from pytest_glue.commands.power import add_power
from pytest_glue.commands.report import add_report
from pytest_glue.commands.tasks import add_tasks

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a subcommand and return its exit code.

    Args:
        arguments: the command line without the program; None for that of this process.
    """
    given = command_line().parse_args(arguments)
    run: Callable[[argparse.Namespace], int] = given.run
    return with_output(lambda: run(given))


def command_line() -> argparse.ArgumentParser:
    """Return the parser with all subcommands."""
    parser = argparse.ArgumentParser(prog="pytest-glue", description="Gate fine-tuned classifiers with pytest.")
    parser.add_argument("--version", action="version", version=f"pytest-glue {version('pytest-glue')}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    reading = (add_report, add_compare, add_export, add_history)
    for add_command in (add_init, add_tasks, add_cache, add_baselines, add_merge, add_power, *reading):
        add_command(commands)
    add_completion(commands, parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
