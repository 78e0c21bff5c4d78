"""The reference of the command `pytest-glue`, from its parsers."""

import argparse
from collections.abc import Iterator

from pytest_glue.cli import command_line


def commands_reference() -> str:
    """Return a Markdown section for each subcommand: what it does, its arguments and its exit codes."""
    return "\n\n".join(_section(parser) for parser in _leaves(command_line()))


def _leaves(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """Return the parsers of the subcommands that have no further subcommands."""
    groups = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    if not groups:
        yield parser
    for group in groups:
        for name in dict.fromkeys(group.choices):
            yield from _leaves(group.choices[name])


def _section(parser: argparse.ArgumentParser) -> str:
    shown = [action for action in parser._actions if action.help != argparse.SUPPRESS]
    rows = [_row(action) for action in shown if not isinstance(action, argparse._HelpAction)]
    parts = [f"## {parser.prog}", parser.description, "\n".join(["| argument | meaning |", "|---|---|", *rows])]
    return "\n\n".join(part for part in (*parts, parser.epilog) if part)


def _row(action: argparse.Action) -> str:
    value = action.metavar or ("|".join(map(str, action.choices)) if action.choices else action.dest.upper())
    if isinstance(value, tuple):
        value = " ".join(value)
    if action.nargs == 0:
        value = ""
    elif action.nargs == argparse.ONE_OR_MORE:
        value += "..."
    name = ", ".join(action.option_strings)
    shown = f"{name} {value}".strip() if name else f"[{value}]" if action.nargs == argparse.OPTIONAL else value
    text = (action.help or "").replace("|", r"\|").replace("%%", "%")
    return f"| `{shown.replace('|', chr(92) + '|')}` | {text}{' (required)' if action.required and name else ''} |"
