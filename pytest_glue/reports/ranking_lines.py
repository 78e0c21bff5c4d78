"""Lines about the ranking of checkpoints: scores, differences between pairs, and the best ones."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pytest_glue.core.formatting import decimal
from pytest_glue.core.metrics import Metric, shown_metric
from pytest_glue.reports.table import Column, laid_out
from pytest_glue.reports.width import wrapped

_CHECKPOINT, _INTERVAL = Column("checkpoint", is_name=True), Column("95% CI")
_SCORES = (_CHECKPOINT, Column("score", is_right=True), _INTERVAL, Column("covers", omission=1))
_PAIRS = (
    _CHECKPOINT,
    Column("minus", is_name=True),
    Column("difference", "diff", is_right=True),
    _INTERVAL,
    Column("p (Holm)", is_right=True),
)
_MOST_PAIRS = 10
"""Of a task: those of five checkpoints."""
_Text = Callable[..., str]
"""Returns a score for people, as `Metric.text`."""


def ranking_lines(ranking: Mapping[str, Any], width: int | None, *, is_short: bool = False) -> list[str]:
    """Return the lines for the result of `rank_checkpoints`.

    Args:
        ranking: of a test run.
        width: of the terminal; None for any.
        is_short: whether to show only which checkpoints are best.
    """
    lines: list[str] = []
    for task in ranking["tasks"]:
        metric, best = shown_metric(task["metric"]), ", ".join(task["best"])
        which = f"best: {best}" if len(task["best"]) == 1 else f"tied for best: {best}"
        if is_short:
            lines += wrapped(f"{task['task']}: {which}", width)
            continue
        lower = "" if metric.greater_is_better else ", lower is better"
        lines += ["", *wrapped(f"{task['task']} ({metric.name}{lower}, n={task['n_eval']})", width)]
        lines += [*_score_lines(task["scores"], metric.text, width), "", *_pair_lines(task, metric, width)]
        lines += wrapped(which, width)
    if (average := ranking["average"]) and not is_short:
        lines += ["", f"average of {average[0]['tasks']} tasks", *_score_lines(average, decimal, width)]
    return lines


def _score_lines(scores: Sequence[Mapping[str, Any]], text: _Text, width: int | None) -> list[str]:
    rows = [(each["checkpoint"], text(each["value"]), _interval(each, text), each["covers"]) for each in scores]
    return laid_out(_SCORES, rows, width).lines


def _pair_lines(task: Mapping[str, Any], metric: Metric, width: int | None) -> list[str]:
    """Return the lines about a task's pairs of checkpoints; of many pairs those with the one that scored best."""
    pairs = task["pairs"]
    if len(pairs) <= _MOST_PAIRS:
        return _difference_lines(pairs, metric.text, width)
    first = max(task["scores"], key=lambda each: metric.sign * each["value"])["checkpoint"]
    shown = [each for each in pairs if first in {each["first"], each["second"]}]
    others = f"the other {len(pairs) - len(shown)} pairs are in the JSON report (--glue-json)"
    return [*_difference_lines(shown, metric.text, width), *wrapped(others, width)]


def _difference_lines(pairs: Sequence[Mapping[str, Any]], text: _Text, width: int | None) -> list[str]:
    rows = []
    for each in pairs:
        p_value = "unknown" if each["p_value"] is None else decimal(each["p_value"])
        rows.append((each["first"], each["second"], text(each["value"], "+"), _interval(each, text, "+"), p_value))
    table = laid_out(_PAIRS, rows, width)
    return [*table.above, table.title, *table.rows]  # the table of scores has whole names


def _interval(each: Mapping[str, Any], text: _Text, sign: str = "") -> str:
    return f"{text(each['low'], sign)} to {text(each['high'], sign)}"
