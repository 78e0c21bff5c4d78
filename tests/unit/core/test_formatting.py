"""Columns of text."""

from pytest_glue.core.formatting import columns


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    """Cells stand at the left, or at the right where that is asked for, and no line ends in spaces."""
    assert [
        "task  score  verdict",
        "rte   0.614  fail",
        "mnli      1  pass",
    ] == columns(("task", "score", "verdict"), [("rte", "0.614", "fail"), ("mnli", "1", "pass")], right=("score",))


def test_without_rows_there_is_a_header() -> None:
    """A table of nothing is its header."""
    assert ["a  b"] == columns(("a", "b"), [])
