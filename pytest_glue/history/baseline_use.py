"""The baseline of an item, as far as its history knows it."""

from collections.abc import Sequence
from dataclasses import dataclass

from pytest_glue.history.record import Record


@dataclass(frozen=True, slots=True)
class BaselineUse:
    """The baseline that the newest comparison used."""

    name: str
    score: float
    recorded_at: str | None
    """None if the baseline does not say when it was recorded."""
    first: Record
    """The first record that was compared with it."""
    n_compared: int
    """The number of records that were compared with it."""


def baseline_use(records: Sequence[Record]) -> BaselineUse | None:
    """Return the baseline of the newest comparison among records of an item; None if there was no comparison.

    A baseline of the same name that was recorded at another time, or has another score, is another one.
    """
    compared = [record for record in records if record.baseline is not None]
    if not compared:
        return None
    identity = _identity(compared[-1])
    same = [record for record in compared if _identity(record) == identity]
    return BaselineUse(*identity, same[0], len(same))


def _identity(record: Record) -> tuple[str, float, str | None]:
    assert record.baseline is not None, record
    recorded_at = record.baseline.get("recorded_at")
    score = float(record.baseline["baseline_score"])
    return str(record.baseline["name"]), score, None if recorded_at is None else str(recorded_at)
