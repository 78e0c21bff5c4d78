"""Messages of commands about what went wrong."""

from __future__ import annotations

import sys


def complain(problem: object) -> None:
    """Print a message to standard error, with escapes for what a terminal or a CI log would act on."""
    from pytest_glue.core.formatting import printable_message

    print(printable_message(str(problem)), file=sys.stderr)
