"""Pages and summaries for people, in a test run and by `pytest-glue report`.

Both are made of a report as it is in its file, so that they are equal byte for byte.
"""

from collections.abc import Mapping
from typing import Any

from pytest_glue.reports.markdown import LIMIT, markdown
from pytest_glue.reports.view import as_written, view_of
from pytest_glue.session.flipped_texts import flipped_texts


def encode_markdown(report: Mapping[str, Any], limit: int = LIMIT) -> bytes:
    """Return the content of the Markdown report.

    Args:
        report: as plain data.
        limit: in bytes.

    Raises:
        ValueError: a part of the report is no plain data.
    """
    return _encoded(markdown(view_of(as_written(report)), limit))


def encode_html(report: Mapping[str, Any]) -> bytes:
    """Return the content of the HTML report.

    Args:
        report: as plain data.

    Raises:
        ValueError: a part of the report is no plain data.
    """
    from pytest_glue.reports.page.page import page

    written = as_written(report)
    return _encoded(page(view_of(written), flipped_texts(written)))


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "backslashreplace")
