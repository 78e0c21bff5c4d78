"""The summary of a step in GitHub Actions: the Markdown report is appended to it without being asked for."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pytest_glue.core.errors import GlueError, ReportError

VARIABLE = "GITHUB_STEP_SUMMARY"
"""The environment variable that names the file."""


def step_summary() -> Path | None:
    """Return the file of the summary of this step; None outside of GitHub Actions."""
    return Path(name) if (name := os.environ.get(VARIABLE)) else None


def append_step_summary(document: Callable[[], Mapping[str, Any]]) -> str | None:
    """Append the Markdown report to the summary of this step, if there is one; return why that failed, else None.

    GitHub shows no summary above a limit, so that the report is cut to what earlier parts of the file leave.
    """
    if (file := step_summary()) is None:
        return None
    from pytest_glue.reports.markdown import LIMIT
    from pytest_glue.session.pages import encode_markdown

    try:
        n_taken = file.stat().st_size if file.exists() else 0
        summary = encode_markdown(document(), LIMIT - n_taken)
        if n_taken + len(summary) > LIMIT:
            raise ReportError(f"other parts of it leave no room below GitHub's limit of {LIMIT} bytes")
        with file.open("ab") as opened:
            opened.write(summary)
    except (GlueError, OSError, ValueError) as error:
        return f"the summary of this step, ${VARIABLE}={file}, cannot be written: {error}"
    return None
