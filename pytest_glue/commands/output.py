"""What a command prints: JSON, messages on what went wrong, and lines as wide as the terminal."""

from __future__ import annotations

import os
import sys
from io import TextIOWrapper
from shutil import get_terminal_size
from typing import TYPE_CHECKING, Any

from pytest_glue.core.errors import GlueError

if TYPE_CHECKING:
    from collections.abc import Callable

_BROKEN_PIPE = 141
"""The exit code of a program that SIGPIPE ends, as shells give it."""


def with_output(run: Callable[[], int]) -> int:
    """Run a command and return its exit code: 2 after a message about an error of this package or of a file.

    What the encoding of the output lacks is escaped. A reader that has seen enough, such as `head`, ends the command
    without a message.
    """
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        code = _answered(run)
        sys.stdout.flush()
    except BrokenPipeError:
        _discard_output()
        return _BROKEN_PIPE
    return code


def _answered(run: Callable[[], int]) -> int:
    try:
        return run()
    except GlueError as error:
        complain(error)
    except OSError as error:
        if error.filename is None:  # such as a broken pipe
            raise
        complain(f"{error.filename}: {error.strerror}")
    return 2


def _discard_output() -> None:
    """Send what is not yet written nowhere: the interpreter writes it when it ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def terminal_width() -> int | None:
    """Return the columns of the terminal, or of the variable COLUMNS; None if a pipe or a file reads the output."""
    return get_terminal_size().columns if sys.stdout.isatty() or "COLUMNS" in os.environ else None


def complain(*problems: object) -> None:
    """Print messages to standard error, with escapes for what a terminal or a CI log would act on."""
    from pytest_glue.core.formatting import printable_message

    for problem in problems:
        print(printable_message(str(problem)), file=sys.stderr)


def print_json(content: Any) -> None:
    """Print plain data as JSON in ASCII, which no terminal acts on."""
    import json

    from pytest_glue.reports.json import without_infinity

    print(json.dumps(without_infinity(content), indent=1, allow_nan=False))
