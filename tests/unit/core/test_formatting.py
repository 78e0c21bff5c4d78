"""Tables and durations as text."""

import pytest

from pytest_glue.core.formatting import columns, seconds


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    """Cells are left-aligned unless their column is in `right`; no line ends in spaces."""
    assert [
        "task  score  verdict",
        "rte   0.614  fail",
        "mnli      1  pass",
    ] == columns(("task", "score", "verdict"), [("rte", "0.614", "fail"), ("mnli", "1", "pass")], right=("score",))


def test_without_rows_there_is_a_header() -> None:
    """The header remains."""
    assert ["a  b"] == columns(("a", "b"), [])


@pytest.mark.parametrize(
    ("duration_s", "expected"),
    [
        (0.04, "0.0 s"),
        (59.94, "59.9 s"),
        (59.96, "1 min 00 s"),
        (61.6, "1 min 02 s"),
        (3599.7, "1 h 00 min"),
        (7380.0, "2 h 03 min"),
    ],
)
def test_a_duration(duration_s: float, expected: str) -> None:
    """Rounding never shows 60 seconds or 60 minutes."""
    assert expected == seconds(duration_s)
