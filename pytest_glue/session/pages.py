"""Pages and summaries for people, in a test run and by `pytest-glue report`.

Both are made of a report as it is in its file, so that they are equal byte for byte.
"""

from collections.abc import Callable, Mapping
from typing import Any

from pytest_glue.core.errors import ReportError
from pytest_glue.reports.markdown import LIMIT, markdown
from pytest_glue.reports.view import as_written, view_of
from pytest_glue.session.example_texts import example_texts


def encode_markdown(report: Mapping[str, Any], limit: int = LIMIT) -> bytes:
    """Return the content of the Markdown report.

    Args:
        report: as plain data.
        limit: in bytes.

    Raises:
        ReportError: a part of the report cannot be shown.
    """
    return _encoded("Markdown", lambda: markdown(view_of(as_written(report)), limit))


def encode_html(report: Mapping[str, Any]) -> bytes:
    """Return the content of the HTML report.

    Args:
        report: as plain data.

    Raises:
        ReportError: a part of the report cannot be shown.
    """
    from pytest_glue.reports.page.page import page

    def render() -> str:
        written = as_written(report)
        return page(view_of(written), example_texts(written))

    return _encoded("HTML", render)


def _encoded(name: str, render: Callable[[], str]) -> bytes:
    try:
        return render().encode("utf-8", "backslashreplace")
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        cause = f"{type(error).__name__}: {error}"
        raise ReportError(
            f"the {name} report cannot show a value of the JSON report ({cause}): take the report that pytest wrote, "
            "or report this if nobody edited it"
        ) from error
