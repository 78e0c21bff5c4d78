"""`pytest-glue completion`: print the script that lets a shell complete this command."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from pytest_glue.commands.arguments import Commands

_SHELLS = ("bash", "zsh", "fish", "tcsh", "powershell")
_FILES, _FOLDERS = frozenset({"FILE", "PATH", "REPORT", "REPORTS"}), frozenset({"FOLDER"})
"""The placeholders of arguments that name files and folders."""


def add_completion(commands: Commands, program: argparse.ArgumentParser) -> None:
    """Add the subcommand.

    Args:
        commands: what it is added to.
        program: the whole command line.
    """
    completion = commands.add_parser(
        "completion",
        help="print the script that lets a shell complete this command",
        description="Print the script that lets a shell complete subcommands, flags and file names. "
        "Needs pip install 'pytest-glue[completion]'.",
        epilog="Exit code: 0 if the script was printed, 2 if the package is not installed.",
    )
    completion.add_argument("shell", choices=_SHELLS, metavar="SHELL", help=f"one of {', '.join(_SHELLS)}")
    completion.set_defaults(run=partial(_completion, program))


def _completion(program: argparse.ArgumentParser, given: argparse.Namespace) -> int:
    from pytest_glue.core.errors import MissingPackageError

    try:
        import shtab
    except ModuleNotFoundError:
        raise MissingPackageError("completion needs the package shtab: pip install 'pytest-glue[completion]'") from None
    for action in _actions(program):
        names = set(str(action.metavar).split("|"))
        if names & (_FILES | _FOLDERS):
            action.complete = shtab.FILE if names & _FILES else shtab.DIRECTORY  # type: ignore[attr-defined]
    print(shtab.complete(program, given.shell))
    return 0


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """Yield the arguments of a parser and of its subcommands."""
    for action in parser._actions:
        yield action
        if isinstance(action.choices, dict):
            for subcommand in action.choices.values():
                yield from _actions(subcommand)
