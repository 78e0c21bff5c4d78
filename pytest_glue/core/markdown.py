"""Foreign text in GitHub's dialect of Markdown: nothing in it is markup, a mention or a command."""

import re
from html import escape

from pytest_glue.core.formatting import printable, shortened

_ESCAPED = re.compile(r"([\\`*_\[\]#|~>$])|^(?=[-+=:]|\d+[.)](?:\s|$))")
"""Markup within a line, and what is markup at its start only."""
COMMANDS = ("::", "##[")
"""Beginnings of lines that are commands in the log of GitHub Actions, which a report may be written to."""
_MENTION = re.compile(r"@|(?<!&)#(?=\d)|\bGH-(?=\d)", re.IGNORECASE)
_RUN_OF_BACKTICKS = re.compile(r"`+")


def plain_text(text: str, longest: int = 2000) -> str:
    """Return Markdown that shows a text as it is, on one line.

    Args:
        text: of any content.
        longest: the number of characters to show.
    """
    shown = shortened(printable(text), longest).strip()
    return _unmentioned(_ESCAPED.sub(_escape, shown.replace("&", "&amp;")).replace("<", "&lt;"))


def html_text(text: str, longest: int = 2000) -> str:
    """Return HTML that shows a text as it is, on one line: between tags, GitHub reads no Markdown.

    Args:
        text: of any content.
        longest: the number of characters to show.
    """
    return _unmentioned(escape(shortened(printable(text), longest).strip(), quote=False))


def _unmentioned(markup: str) -> str:
    """Return markup in which GitHub finds no person to notify and no issue to link."""
    return _MENTION.sub(r"\g<0><!-- -->", markup)


def _escape(found: re.Match[str]) -> str:
    return rf"\{found[0]}" if found[0] else "&#8203;"  # an invisible character, so that the line starts with text


def code_block(text: str, longest: int = 10_000) -> str:
    """Return Markdown that shows the lines of a text as a block of code.

    Args:
        text: of any content.
        longest: the number of characters to show.
    """
    lines = [printable(line) for line in shortened(text, longest).split("\n")]
    marks = "`" * max(3, 1 + max((len(run) for line in lines for run in _RUN_OF_BACKTICKS.findall(line)), default=0))
    return "\n".join([marks, *map(_without_command, lines), marks])


def _without_command(line: str) -> str:
    return f"| {line}" if line.lstrip().startswith(COMMANDS) else line
