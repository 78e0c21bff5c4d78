"""Values of options on the page."""

import pytest

from pytest_glue.reports.page.environment import option_text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ([42, 43], "42, 43"),
        (0.05, "0.05"),
        ("main", "main"),
        ({"rte": 0.6}, '{\n "rte": 0.6\n}'),
        ({"own": {"text": ["é"], "labels": [], "report_only": "", "data": {"hub": None}}}, None),
    ],
)
def test_values(value: object, text: str | None) -> None:
    """Names are listed; of a table, fields that say nothing are left out."""
    expected = '{\n "own": {\n  "text": [\n   "é"\n  ],\n  "data": {}\n }\n}' if text is None else text
    assert expected == option_text(value)
