"""Columns of pytest-html's table: score, bound and verdict of each item."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pytest_glue.core.evaluation import Evaluation

TITLES = ("Score", "Compared with", "Verdict")
_FIRST = 2
"""The index of the first column: after the result and the test."""


class HtmlColumns:
    """A plugin object that is registered if pytest-html writes a report, before it asks for the columns."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_results_table_header(self, cells: list[str]) -> None:
        cells[_FIRST:_FIRST] = [f"<th>{title}</th>" for title in TITLES]

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_results_table_row(self, report: pytest.TestReport, cells: list[str]) -> None:
        from pytest_glue.reports.score_table import html_cells
        from pytest_glue.session.reporter import NAME

        reporter: Any = self._config.pluginmanager.get_plugin(NAME)
        evaluation: Evaluation | None = reporter.evaluation_of(report.nodeid) if reporter else None
        values = html_cells(evaluation) if evaluation else [""] * len(TITLES)
        cells[_FIRST:_FIRST] = [f"<td>{escape(value)}</td>" for value in values]
