"""The table of scores at the end of a test run: a line for each item, failing ones first."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from pytest_glue.core.evaluation import Evaluation, Outcome
from pytest_glue.core.formatting import seconds
from pytest_glue.core.metrics import Metric, shown_metric
from pytest_glue.reports.bounds import Bound, bounds_of, judged_score
from pytest_glue.reports.status import ERROR, is_red, names_in, reading_order, status_text
from pytest_glue.reports.table import Column, TextTable, laid_out
from pytest_glue.reports.width import shortened_name

_COLUMNS = (
    Column("task", is_name=True),
    Column("checkpoint", is_name=True),
    Column("metric", is_name=True, omission=3),
    Column("score", is_right=True),
    Column("95% CI", omission=2),
    Column("compared with", "bound", is_right=True),
    Column("difference", "diff", is_right=True),
    Column("time", is_right=True, omission=1),
    Column("verdict"),
)


@dataclass(frozen=True, slots=True)
class ScoreTable:
    """The table, and the status in the last cell of each of its rows, which decides their colour."""

    text: TextTable
    statuses: tuple[str, ...]


def score_table(
    evaluations: Iterable[Evaluation],
    errors: Iterable[str] = (),
    outcomes: Mapping[str, Outcome] | None = None,
    *,
    own_tasks: Collection[str] = (),
    width: int | None = None,
) -> ScoreTable:
    """Return a row for each evaluation and each error.

    A score is compared with its baseline, else its threshold, else the chance level, which is in brackets. A row says
    its verdict, or another word where the test did not end as the verdict says. If the items belong to several tests,
    a column names them.

    Args:
        evaluations: of one test run.
        errors: the node ids of items and files with an error.
        outcomes: of the evaluations' tests, by node id.
        own_tasks: the names of tasks beside those of GLUE.
        width: of the terminal; None for any.
    """
    known = outcomes or {}
    rows = [_row(each, known.get(each.nodeid)) for each in evaluations]
    rows += [_error_row(nodeid, own_tasks) for nodeid in errors]
    rows.sort(key=lambda row: row.order)
    cells, columns = [row.cells for row in rows], [*_COLUMNS]
    tests = _test_names([row.nodeid for row in rows])
    if len(set(tests)) > 1:
        columns.insert(0, Column("test", is_name=True))
        cells = [(test, *row) for test, row in zip(tests, cells, strict=True)]
    return ScoreTable(laid_out(columns, cells, width), tuple(row.cells[-1] for row in rows))


@dataclass(frozen=True, slots=True)
class _Row:
    nodeid: str
    order: tuple[bool, int, str]
    cells: tuple[str, ...]


def _row(evaluation: Evaluation, outcome: Outcome | None) -> _Row:
    red, nodeid = is_red(failed=evaluation.failed, outcome=outcome), evaluation.nodeid
    order = reading_order(evaluation.verdict, nodeid, is_red=red)
    return _Row(nodeid, order, (*_cells(evaluation), status_text(evaluation, outcome)))


def _error_row(nodeid: str, own_tasks: Collection[str]) -> _Row:
    names = names_in(nodeid, own_tasks)
    empty = [""] * (len(_COLUMNS) - len(names) - 1)
    return _Row(nodeid, reading_order(ERROR, nodeid, is_red=True), (*names, *empty, ERROR))


def _cells(evaluation: Evaluation) -> tuple[str, ...]:
    """Return the cells of an evaluation without the verdict."""
    metric = shown_metric(evaluation.headline_metric)
    score, bound = judged_score(evaluation), next(iter(bounds_of(evaluation)), None)
    limit = metric.limit_sign if evaluation.n_stopped and score is not None else ""
    difference = ""
    if score is not None and bound is not None:
        difference = f"{limit}{metric.text(score - bound.value, '+', score)}"
    return (
        evaluation.task,
        evaluation.checkpoint.label,
        evaluation.headline_metric,
        f"{limit}{metric.text(score)}",
        metric.interval(evaluation.confidence_interval),
        "" if bound is None else _bound_text(evaluation, bound, metric),
        difference,
        _time(evaluation),
    )


def html_cells(evaluation: Evaluation) -> list[str]:
    """Return score, bound and verdict."""
    _, _, _, score, _, bound, *_ = _cells(evaluation)
    return [score, bound, evaluation.verdict]


def _bound_text(evaluation: Evaluation, bound: Bound, metric: Metric) -> str:
    if evaluation.baseline is not None:
        return f"{shortened_name(bound.name)} {metric.text(bound.value)}"
    return metric.text(bound.value) if evaluation.threshold is not None else f"({metric.text(bound.value)})"


def _time(evaluation: Evaluation) -> str:
    n_cached, n_runs = evaluation.n_cached, len(evaluation.runs)
    if n_cached == n_runs:
        return "cached"
    return seconds(evaluation.duration_s) + (f" ({n_cached} of {n_runs} cached)" if n_cached else "")


def _test_names(nodeids: Sequence[str]) -> list[str]:
    """Return the name of each item's test function, with its file if two files have functions of one name."""
    tests = [nodeid.partition("[")[0] for nodeid in nodeids]
    short = {test: test.rpartition("::")[2] for test in tests}
    return [short[test] for test in tests] if len(set(short.values())) == len(short) else tests
