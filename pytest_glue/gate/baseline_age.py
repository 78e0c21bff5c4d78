"""How old a baseline is, and the note on one that is older than the user allows."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

from pytest_glue.core.errors import BaselineError
from pytest_glue.core.formatting import count


@dataclass(frozen=True, slots=True)
class BaselineAge:
    """The age of a baseline when it is compared with."""

    days: float | None = None
    """None if the baseline does not say when it was recorded."""
    limit: float | None = None
    """The age in days from which on a baseline is stale; None for no limit."""

    @classmethod
    def of(cls, recorded_at: str | None, now: datetime, limit: float | None = None) -> Self:
        """Return the age of a baseline; one that was recorded in the future, by another clock, is new.

        Args:
            recorded_at: as the baseline says it.
            now: with its time zone.
            limit: in days.
        """
        if recorded_at is None:
            return cls(limit=limit)
        return cls(max((now - parse_time(recorded_at)) / timedelta(days=1), 0.0), limit)

    @property
    def whole_days(self) -> int | None:
        """The days that have passed; None if the baseline does not say when it was recorded."""
        return None if self.days is None else int(self.days)

    @property
    def is_stale(self) -> bool:
        """Whether the baseline is as old as the limit, or older."""
        return self.days is not None and self.limit is not None and self.days >= self.limit

    def notes(self, name: str) -> tuple[str, ...]:
        """Return a note if the baseline is stale, or if its age is limited and not known.

        Args:
            name: of the baseline.
        """
        if self.limit is None:
            return ()
        limit = f"baseline_max_age ({self.limit:g})"
        if self.days is None:
            return (f"the age of baseline {name} is not known, so {limit} cannot be checked: {_REMEDY}",)
        if self.days < self.limit:
            return ()
        age = count(int(self.days), "day") if self.days >= 1 else f"{self.days:.2g} days"
        return (f"baseline {name} is {age} old, and {limit} allows no more: {_REMEDY}",)


_REMEDY = "record it again with --glue-save"


def parse_time(text: str) -> datetime:
    """Return the time of a text in ISO 8601, in UTC if it names no time zone.

    Raises:
        BaselineError: it is another text; the message begins with "its".
    """
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise BaselineError(f"its recorded_at is {text!r}, which is no time as in 2026-11-28T06:59:45+00:00") from None
    return time if time.tzinfo else time.replace(tzinfo=UTC)
