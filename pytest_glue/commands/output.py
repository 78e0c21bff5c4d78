"""What a command prints: JSON, messages on what went wrong, and lines as wide as the terminal."""

from __future__ import annotations

import os
import sys
from shutil import get_terminal_size
from typing import Any


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
