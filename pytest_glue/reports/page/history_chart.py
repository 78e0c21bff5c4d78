"""The chart of a history: scores with their intervals, in the order of time, and the ranges of changes."""

from typing import Any

import altair as alt

from pytest_glue.history.record import Record
from pytest_glue.history.series import Change, Series
from pytest_glue.reports.history_text import commit_of
from pytest_glue.reports.page.chart_parts import WIDE, Chart, data, height, label, unique

_HEIGHT = 260
_MOST_LABELS = 20
_Names = dict[tuple[str, str], str]
"""On the axis, by test run and node id."""
_POINT: dict[str, Any] = {"filled": True, "size": 45, "opacity": 1}


def scores_over_time(series: Series, changes: list[Change], width: int = WIDE) -> Chart | None:
    """Return the score of each record; a band over the range of each change, and the mean of each part.

    None without a defined score.
    """
    shown = [record for record in series.records if record.score is not None]
    if not shown:
        return None
    names = unique(f"{record.time[:10]} {commit_of(record)}" for record in shown)
    rows = [
        {"record": name, "score": each.score, "low": each.interval_low, "high": each.interval_high}
        for name, each in zip(names, shown, strict=True)
    ]
    by_record = {_key(record): name for record, name in zip(shown, names, strict=True)}
    x = alt.X(
        "record:N", sort=names, title="run", axis=alt.Axis(labelAngle=-60, labelOverlap=True, values=_labelled(names))
    )
    title = label(series.last.headline_metric)
    layers = [
        _bands(changes, by_record).encode(x=x, x2="end:N"),
        alt.Chart(data([row for row in rows if row["low"] is not None]))
        .mark_rule(strokeWidth=1.5, color="var(--muted)")
        .encode(x=x, y=height("low", title), y2="high:Q"),
        alt.Chart(data(rows)).mark_point(**_POINT, color="var(--accent)").encode(x=x, y=height("score", title)),
        alt.Chart(data(_levels(changes, by_record, names)))
        .mark_rule(strokeWidth=2, color="var(--text)")
        .encode(x=x, x2="end:N", y=height("score", title)),
    ]
    return alt.layer(*layers).properties(width=width, height=_HEIGHT)


def _key(record: Record) -> tuple[str, str]:
    return record.test_run, record.nodeid


def _labelled(names: list[str]) -> list[str]:
    """Return the names that the axis shows: evenly spaced, the newest among them."""
    step = -(-len(names) // _MOST_LABELS)
    return names[::-1][::step][::-1]


def _bands(changes: list[Change], by_record: _Names) -> Any:
    rows = [{"record": by_record[_key(each.before)], "end": by_record[_key(each.after)]} for each in changes]
    return alt.Chart(data(rows)).mark_rect(color="var(--unclear)", opacity=0.25)


def _levels(changes: list[Change], by_record: _Names, names: list[str]) -> list[dict[str, Any]]:
    """Return the mean score of each part between changes, with its first and last record."""
    if not changes:
        return []
    starts = [names[0], *(by_record[_key(each.likely)] for each in changes)]
    ends = [*(names[names.index(start) - 1] for start in starts[1:]), names[-1]]
    scores = [changes[0].score_before, *(each.score_after for each in changes)]
    return [
        {"record": start, "end": end, "score": score} for start, end, score in zip(starts, ends, scores, strict=True)
    ]
