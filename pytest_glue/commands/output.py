"""Where a command writes to."""

import os
import sys
from shutil import get_terminal_size


def terminal_width() -> int | None:
    """Return the columns of the terminal, or of the variable COLUMNS; None if a pipe or a file reads the output."""
    return get_terminal_size().columns if sys.stdout.isatty() or "COLUMNS" in os.environ else None
