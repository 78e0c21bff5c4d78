"""A history as plain data, for scripts."""

from dataclasses import asdict, dataclass
from typing import Any

from pytest_glue.history.baseline_use import BaselineUse, baseline_use
from pytest_glue.history.record import Record
from pytest_glue.history.series import Change, Series


@dataclass(frozen=True, slots=True)
class Shown:
    """A series as it is shown, with its changes and what is said about it."""

    series: Series
    changes: tuple[Change, ...]
    sentences: tuple[str, ...]


def plain(shown: Shown) -> dict[str, Any]:
    """Return a series as plain data."""
    last, use = shown.series.last, baseline_use(shown.series.records)
    return {
        "task": last.task,
        "checkpoint": last.checkpoint,
        "headline_metric": last.headline_metric,
        "sentences": shown.sentences,
        "changes": [_change(each) for each in shown.changes],
        "baseline": None if use is None else _baseline(use),
        "records": [asdict(record) for record in shown.series.records],
    }


def _change(change: Change) -> dict[str, Any]:
    return {
        "after": _place(change.before),
        "not_later_than": _place(change.after),
        "most_probably": _place(change.likely),
        "score_before": change.score_before,
        "score_after": change.score_after,
        "is_worse": change.is_worse,
        "p_value": change.p_value,
    }


def _baseline(use: BaselineUse) -> dict[str, Any]:
    return {
        "name": use.name,
        "score": use.score,
        "recorded_at": use.recorded_at,
        "first_compared": _place(use.first),
        "n_compared": use.n_compared,
    }


def _place(record: Record) -> dict[str, Any]:
    return {"time": record.time, "commit": record.commit}
