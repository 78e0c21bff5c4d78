"""The age of baselines, and the note on an old one."""

from datetime import UTC, datetime, timedelta

import pytest

from pytest_glue.core.errors import BaselineError
from pytest_glue.gate.baseline_age import BaselineAge, parse_time

NOW = datetime(2026, 11, 28, 7, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("recorded_at", "days"),
    [
        ("2026-11-28T06:59:45+00:00", 0),
        ("2026-11-27T07:00:01+00:00", 0),
        ("2026-11-27T07:00:00+00:00", 1),
        ("2026-11-27T08:00:00+01:00", 1),
        ("2026-11-27T07:00:00", 1),
        ("2025-11-28", 365),
        ("2027-01-01T00:00:00+00:00", 0),
        (None, None),
    ],
)
def test_whole_days(recorded_at: str | None, days: int | None) -> None:
    """A text without a time zone is in UTC; what another clock recorded in the future is new."""
    assert days == BaselineAge.of(recorded_at, NOW).whole_days


@pytest.mark.parametrize(("limit", "notes"), [(None, 0), (46.0, 0), (45.0, 1), (0.5, 1)])
def test_a_note_from_the_limit_on(limit: float | None, notes: int) -> None:
    age = BaselineAge.of((NOW - timedelta(days=45)).isoformat(), NOW, limit)
    assert (notes, bool(notes)) == (len(age.notes("main")), age.is_stale)


def test_the_notes() -> None:
    """An old baseline, and one whose age is not known."""
    old = BaselineAge.of("2026-10-14T07:00:00+00:00", NOW, 30)
    assert old.notes("main") == (
        "baseline main is 45 days old, and baseline_max_age (30) allows no more: record it again with --glue-save",
    )
    unknown = BaselineAge.of(None, NOW, 30)
    assert not unknown.is_stale
    (note,) = unknown.notes("main")
    assert note.startswith("the age of baseline main is not known, so baseline_max_age (30) cannot be checked: record ")


def test_a_limit_of_hours() -> None:
    """Half a day is a limit too."""
    notes = [BaselineAge.of(f"2026-11-27T{hour}:00:00+00:00", NOW, 0.5).notes("main") for hour in (18, 20)]
    assert ("baseline main is 0.54 days old, and baseline_max_age (0.5) allows no more", ()) == (
        notes[0][0].partition(": ")[0],
        notes[1],
    )


def test_a_text_that_is_no_time() -> None:
    with pytest.raises(BaselineError, match=r"^its recorded_at is 'yesterday', which is no time as in 2026-"):
        parse_time("yesterday")
