"""Tables for a terminal."""

import pytest

from pytest_glue.reports.table import Column, laid_out, plain_lines
from pytest_glue.reports.width import shown_width

COLUMNS = (
    Column("task", is_name=True),
    Column("checkpoint", is_name=True),
    Column("metric", is_name=True, omission=3),
    Column("score", is_right=True),
    Column("95% CI", omission=2),
    Column("compared with", "bound", is_right=True),
    Column("time", is_right=True, omission=1),
    Column("verdict"),
)
COLA = ("cola", "distilbert-base-uncased", "matthews_correlation", "0.540", "0.422 to 0.640", "0.990", "6.1 s", "fail")
RTE = ("rte", "distilbert-base-uncased", "accuracy", "0.614", "0.551 to 0.670", "main 0.600", "1 min 02 s", "pass")
OTHER = ("rte", "google/electra-small-discriminator@1234567", *RTE[2:])


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    """Cells are left-aligned unless their column is in `right`; no line ends in spaces."""
    assert [
        "task  score  verdict",
        "rte   0.614  fail",
        "mnli      1  pass",
    ] == plain_lines(("task", "score", "verdict"), [("rte", "0.614", "fail"), ("mnli", "1", "pass")], right=("score",))


def test_without_rows_there_is_a_header() -> None:
    assert ["a  b"] == plain_lines(("a", "b"), [])
    assert ["task  checkpoint  score"] == laid_out(COLUMNS[:4], [], 24).lines[:1]


def test_a_wide_terminal_shows_all() -> None:
    table = laid_out(COLUMNS, [COLA, OTHER], 200)
    assert ((), ()) == (table.above, table.below)
    assert "95% CI          compared with        time  verdict" in table.title


def test_a_common_name_stands_above() -> None:
    """It is not cut, and what is left out is said with the width that shows it."""
    assert [
        "checkpoint distilbert-base-uncased",
        "task  metric                score  95% CI               bound  verdict",
        "cola  matthews_correlation  0.540  0.422 to 0.640       0.990  fail",
        "rte   accuracy              0.614  0.551 to 0.670  main 0.600  pass",
        "not shown at 80 columns: time; COLUMNS=110 shows them",
    ] == laid_out(COLUMNS, [COLA, RTE], 80).lines


def test_long_names_are_cut_as_little_as_needed() -> None:
    assert [
        "task  checkpoint                metric                score       bound  verdict",
        "cola  distilbert-base-uncased   matthews_correlation  0.540       0.990  fail",
        "rte   google/elect…tor@1234567  accuracy              0.614  main 0.600  pass",
        "not shown at 80 columns: whole names, time, 95% CI; COLUMNS=129 shows them",
    ] == laid_out(COLUMNS, [COLA, OTHER], 80).lines


@pytest.mark.parametrize("width", [60, 72, 80, 100, 120, 140])
def test_every_width_is_kept(width: int) -> None:
    """Also with cells that a terminal would act on, wide and combining characters, and right-to-left text."""
    foreign = ("日本語タスク", "e\u0301te\u0301-שלום", "a\x1b[31m\n\u202e", "0.614", "", "\ud800", "1 s", "pass")
    table = laid_out(COLUMNS, [COLA, OTHER, foreign], width)
    assert max(map(shown_width, table.lines)) <= width
    assert 3 == len(table.rows)
    assert all(each.isprintable() for each in "".join(table.lines).replace("\u200e", ""))


def test_rows_stay_aligned() -> None:
    """The last column starts where its title does, whatever is before it."""
    rows = [("日本", "1"), ("e\u0301", "22"), ("שלום", "333"), ("\u202e", "4")]
    lines = [line.replace("\u200e", "") for line in plain_lines(("name", "n"), rows)]
    starts = {shown_width(line.removesuffix(cell)) for line, (_, cell) in zip(lines[1:], rows, strict=True)}
    assert {8} == starts


def test_a_name_of_100_kb_takes_no_time() -> None:
    long = ("x" * 100_000, *COLA[1:])
    table = laid_out(COLUMNS, [long, RTE], 80)
    assert max(map(shown_width, table.lines)) <= 80
