"""Series: the records of a history whose scores can be compared, and the changes of their score."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import pi, sqrt
from statistics import mean, variance
from typing import Any

from pytest_glue.history.record import Record

MIN_MEASUREMENTS = 8
"""With fewer, hardly any order of the scores is rare enough to show a change."""
_MOST_MEASUREMENTS = 400
"""The newest ones are tested: the time that this takes grows with the square of their number."""
_FAR_LESS = 1 / 3
_KEY = ("task", "checkpoint", "test", "headline_metric", "data_digest", "n_eval", "n_train", "recipe_digest")
"""What records of one series have in common. The digest of the checkpoint and the versions of the libraries are not
among them: what they do to the score is what a history is for."""


@dataclass(frozen=True, slots=True)
class _Records:
    """Records in the order of their time, at least one."""

    records: tuple[Record, ...]

    @property
    def first(self) -> Record:
        return self.records[0]

    @property
    def last(self) -> Record:
        return self.records[-1]


@dataclass(frozen=True, slots=True)
class Measurement(_Records):
    """Records in a row that repeat one result: the same seeds of the same files have the same scores.

    A run that is read from the cache, or repeated on the same machine, is no new evidence.
    """

    @property
    def scores(self) -> tuple[float, ...]:
        """Of the runs that trained, as in a comparison with a baseline; the one of the record if no run did."""
        assert self.first.score is not None, self.first
        pairs = zip(self.first.runs, self.first.seed_scores, strict=True)
        found = tuple(score for run, score in pairs if score is not None and not run["failed"])
        return found or (self.first.score,)

    @property
    def score(self) -> float:
        return mean(self.scores)


@dataclass(frozen=True, slots=True)
class Change:
    """A change of the score, with the records between which it lies."""

    before: Record
    """The last one before the range."""
    after: Record
    """The first one after the range: the change is shown by then, with the confidence level of the range."""
    likely: Record
    """The first one after the change, most probably."""
    score_before: float
    score_after: float
    p_value: float
    is_worse: bool

    @property
    def difference(self) -> float:
        """After minus before."""
        return self.score_after - self.score_before

    @property
    def others(self) -> list[str]:
        """What else changed in the range: the checkpoint's files, versions of libraries, the device."""
        before, after = self.before, self.after
        found = [] if before.digest == after.digest else ["the files of the checkpoint"]
        versions = {name: (old, after.versions.get(name, "none")) for name, old in before.versions.items()}
        found += [f"{name} ({old} to {new})" for name, (old, new) in sorted(versions.items()) if old != new]
        if before.device != after.device:
            found.append(f"the device ({before.device} to {after.device})")
        return found


@dataclass(frozen=True, slots=True)
class Series(_Records):
    """Records whose scores can be compared, in the order of their time."""

    @property
    def measurements(self) -> list[Measurement]:
        """The results with a score, each once."""
        found: list[list[Record]] = []
        for record in self.records:
            if record.score is None or record.is_bound:
                continue
            if found and _draw(found[-1][-1]) == _draw(record):
                found[-1].append(record)
            else:
                found.append([record])
        return [Measurement(tuple(records)) for records in found]

    @property
    def branches(self) -> list[str]:
        """The names of all branches."""
        return sorted({record.branch for record in self.records if record.branch is not None})

    @property
    def varies_less_than_seeds(self) -> bool:
        """Whether neighbouring results differ far less than those of other seeds would.

        They then repeat the same runs but for rounding, as on other machines, and a change can be one of the draw.
        """
        found = self.measurements
        spreads = [variance(each.scores) for each in found if len(each.scores) > 1]
        if len(found) < MIN_MEASUREMENTS or not spreads:
            return False
        differences = [abs(later.score - earlier.score) for earlier, later in pairwise(found)]
        deviation = mean(differences) * sqrt(pi) / 2  # of normal scores
        expected = sqrt(mean(spreads) / mean(len(each.scores) for each in found))
        return deviation < expected * _FAR_LESS

    def changes(self, alpha: float) -> list[Change]:
        """Return the changes of the score.

        Args:
            alpha: the probability that a series without a change is said to have one.
        """
        import numpy as np

        from pytest_glue.statistics.change_points import change_points

        found = self.measurements[-_MOST_MEASUREMENTS:]
        if len(found) < MIN_MEASUREMENTS:
            return []
        scores, weights = [each.score for each in found], [float(len(each.scores)) for each in found]
        return [
            Change(
                before=found[each.first - 1].last,
                after=found[each.last].first,
                likely=found[each.likely].first,
                score_before=each.before,
                score_after=each.after,
                p_value=each.p_value,
                is_worse=(each.after < each.before) == self.last.greater_is_better,
            )
            for each in change_points(np.array(scores), np.array(weights), alpha)
        ]


def series_of(records: Iterable[Record]) -> list[Series]:
    """Return the series of records, those of one item together, the newest of an item last."""
    found: dict[tuple[Any, ...], list[Record]] = {}
    for record in records:
        found.setdefault(_key(record), []).append(record)
    groups = [Series(tuple(each)) for each in found.values()]
    return sorted(groups, key=lambda series: (*item_of(series.last), series.last.time))


def item_of(record: Record) -> tuple[str, str]:
    """Return task and checkpoint, which a history is asked for."""
    return record.task, record.checkpoint


def differences(series: Series, other: Series) -> list[str]:
    """Return what keeps two series of an item apart, as in `recipe's learning_rate 2e-05, 1e-04 there`."""
    return list(_differences(series.last, other.last))


def _differences(here: Record, there: Record) -> Iterator[str]:
    for name in _KEY:
        ours, theirs = getattr(here, name), getattr(there, name)
        if ours == theirs:
            continue
        if name == "recipe_digest":
            yield from _recipe_differences(here.recipe, there.recipe)
        else:
            yield f"{name.replace('_', ' ')} {_short(theirs)} instead of {_short(ours)}"


def _recipe_differences(here: Mapping[str, Any], there: Mapping[str, Any]) -> Iterator[str]:
    for name in sorted(here.keys() | there.keys()):
        ours, theirs = here.get(name, "default"), there.get(name, "default")
        if ours != theirs:
            yield f"recipe's {name} {theirs} instead of {ours}"


def _short(value: object) -> str:
    text = str(value)
    return text[:19] if text.startswith("sha256:") else text


def _key(record: Record) -> tuple[Any, ...]:
    return tuple(getattr(record, name) for name in _KEY)


def _draw(record: Record) -> tuple[Any, ...]:
    """Return what equal results have in common."""
    scores = tuple((run["seed"], *sorted(run["metrics"].items())) for run in record.runs)
    return record.digest, scores


def span(series: Sequence[Record]) -> str:
    """Return the days of the first and the last record."""
    first, last = series[0].time[:10], series[-1].time[:10]
    return first if first == last else f"{first} to {last}"
