"""The chart of a history: scores with their intervals, in the order of time, and the ranges of changes."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt

from pytest_glue.history.record import Record
from pytest_glue.history.series import Change, Series
from pytest_glue.reports.history_text import commit_of
from pytest_glue.reports.page.chart_parts import WIDE, Chart, data, height, label

_HEIGHT = 240
_LABEL = 70
"""Pixels of a label below the axis."""
_POINT: dict[str, Any] = {"filled": True, "size": 40, "opacity": 1}
_Positions = Mapping[tuple[str, str], int]
"""On the axis, by test run and node id."""


def scores_over_time(series: Series, changes: Sequence[Change], width: int = WIDE) -> Chart | None:
    """Return the score of each record; a band over the range of each change, and the mean of each part.

    None without a defined score.
    """
    shown = [record for record in series.records if record.score is not None]
    if not shown:
        return None
    positions = {_key(record): number for number, record in enumerate(shown)}
    rows = [
        {"run": number, "score": each.score, "low": each.interval_low, "high": each.interval_high}
        for number, each in enumerate(shown)
    ]
    title, x = label(series.last.headline_metric), _axis(shown, width)
    bands = alt.Chart(data(_bands(changes, positions))).mark_rect(color="var(--unclear)", opacity=0.3)
    intervals = alt.Chart(data([row for row in rows if row["low"] is not None]))
    levels = alt.Chart(data(_levels(changes, positions, len(shown))))
    return alt.layer(
        bands.encode(x=x, x2="end:Q"),
        intervals.mark_rule(strokeWidth=1.5, color="var(--muted)").encode(x=x, y=height("low", title), y2="high:Q"),
        alt.Chart(data(rows)).mark_point(**_POINT, color="var(--accent)").encode(x=x, y=height("score", title)),
        levels.mark_rule(strokeWidth=2, color="var(--text)").encode(x=x, x2="end:Q", y=height("score", title)),
    ).properties(width=width, height=_HEIGHT)


def _key(record: Record) -> tuple[str, str]:
    return record.test_run, record.nodeid


def _axis(shown: Sequence[Record], width: int) -> Any:
    """Return the axis of records, with the commit and the day of as many as it has room for, the newest among them."""
    names = json.dumps([[label(commit_of(record)), record.time[:10]] for record in shown])
    step = -(-len(shown) // max(width // _LABEL - 1, 1))
    values = list(range(len(shown)))[::-1][::step]
    labels = {"labelExpr": f"{names}[datum.value]", "labelOverlap": False}
    axis = alt.Axis(values=values, tickCount=len(values), grid=False, **labels)
    return alt.X("run:Q", title=None, axis=axis).scale(domain=[-0.5, len(shown) - 0.5], nice=False)


def _bands(changes: Sequence[Change], positions: _Positions) -> list[dict[str, Any]]:
    return [{"run": positions[_key(each.before)], "end": positions[_key(each.after)]} for each in changes]


def _levels(changes: Sequence[Change], positions: _Positions, count: int) -> list[dict[str, Any]]:
    """Return the mean score of each part between changes, with its first and last record."""
    if not changes:
        return []
    starts = [0, *(positions[_key(each.likely)] for each in changes)]
    ends = [*(start - 1 for start in starts[1:]), count - 1]
    scores = [changes[0].score_before, *(each.score_after for each in changes)]
    return [{"run": start, "end": end, "score": score} for start, end, score in zip(starts, ends, scores, strict=True)]
