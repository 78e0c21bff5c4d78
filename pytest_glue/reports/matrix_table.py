"""The matrix of tasks and checkpoints in a terminal: as many checkpoints beside each other as fit."""

from pytest_glue.core.formatting import decimal
from pytest_glue.core.metrics import shown_metric
from pytest_glue.core.verdict import Verdict
from pytest_glue.reports.matrix import Cell, Matrix
from pytest_glue.reports.table import Column, TextTable, laid_out
from pytest_glue.reports.width import shortened_apart, shown_width

_TIED = "tied: not shown to be worse than the best"
_MARKS = {"best": "best", "tied for best": "tied"}
_LONGEST = 24
"""Columns of a checkpoint's name."""


def matrix_lines(matrix: Matrix | None, width: int | None) -> list[str]:
    """Return the matrix below a line that says what it is.

    Args:
        matrix: of a test run. There are no lines if it has one task, which the table of scores shows as well.
        width: of the terminal; None for any.
    """
    if matrix is None or len(matrix.rows) < 2:
        return []
    has_ties = any(cell is not None and cell.mark == "tied for best" for row in matrix.rows for cell in row.cells)
    title = f"scores by task and checkpoint{f' ({_TIED})' if has_ties else ''}"
    return [line for each in _tables(matrix, width) for line in ("", title, *each.lines)]


def _tables(matrix: Matrix, width: int | None) -> list[TextTable]:
    """Return the whole matrix, or parts of it with as many checkpoints as fit; where none does, with one each."""
    n_checkpoints = len(matrix.checkpoints)
    tables: list[TextTable] = []
    for size in range(n_checkpoints, 0, -1):
        starts = range(0, n_checkpoints, size)
        tables = [_table(matrix, range(start, min(start + size, n_checkpoints)), width) for start in starts]
        if width is None or all(shown_width(line) <= width for each in tables for line in each.lines):
            break
    return tables


def _table(matrix: Matrix, shown: range, width: int | None) -> TextTable:
    """Return the table of some checkpoints, by their index."""
    names = shortened_apart(matrix.checkpoints, _LONGEST)
    columns = [Column("task", is_name=True), Column("metric", is_name=True, omission=1)]
    columns += [Column(names[index]) for index in shown]
    rows = [[row.task, row.metric, *(_text(row.cells[index], row.metric) for index in shown)] for row in matrix.rows]
    if matrix.averages:
        averages = (matrix.averages[index] for index in shown)
        rows.append(["average", "", *("" if each is None else decimal(each.value) for each in averages)])
    return laid_out(columns, rows, width)


def _text(cell: Cell | None, metric: str) -> str:
    """Return the score with its mark, unless it says nothing, and with its verdict if that is no pass."""
    if cell is None:
        return "-"
    score = shown_metric(metric).text(cell.score)
    verdict = "" if cell.verdict == Verdict.PASS else cell.verdict
    mark = "" if cell.verdict == Verdict.DEGENERATE else _MARKS.get(cell.mark, "")
    return " ".join(filter(None, (score, mark, verdict)))
