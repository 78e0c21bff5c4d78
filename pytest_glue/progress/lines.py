"""What a test run is at, as lines: a function of what runs, waits and is done."""

from collections.abc import Mapping
from dataclasses import dataclass

from pytest_glue.core.formatting import seconds
from pytest_glue.progress.events import ItemProgress


@dataclass(frozen=True, slots=True)
class ProgressSnapshot:
    """A test run as seen from where it is shown."""

    costs: Mapping[str, float]
    """What each item is expected to cost, in any unit, by node id."""
    finished: frozenset[str]
    trained: frozenset[str]
    """Those of the finished ones for which something was trained: the others took no time."""
    running: tuple[ItemProgress, ...]
    elapsed_s: float
    """Since the first training began."""

    @property
    def waiting(self) -> tuple[str, ...]:
        """The items that have not begun."""
        begun = self.finished | {running.item for running in self.running}
        return tuple(item for item in self.costs if item not in begun)


def time_left(overview: ProgressSnapshot) -> float | None:
    """Return the seconds that the test run is expected to take from now on, at the pace of so far; None if unknown."""
    costs, running = overview.costs, overview.running
    done = sum(costs[item] for item in overview.trained) + sum(each.share * costs[each.item] for each in running)
    if not done:
        return None
    waiting = sum(costs[item] for item in overview.waiting)
    left = waiting + sum((1 - each.share) * costs[each.item] for each in running)
    longest = max((each.left_s or 0.0 for each in running), default=0.0)
    return max(overview.elapsed_s / done * left, longest)


def live_lines(overview: ProgressSnapshot, width: int, height: int) -> list[str]:
    """Return a line for each item that runs, and one for all of them; none wider or more than there is room for."""
    shown = [running_line(running) for running in overview.running]
    room = max(height - 1, 0)
    if len(shown) > room:
        kept = max(room - 1, 0)
        shown = [*shown[:kept], f"... and {len(shown) - kept} more"][:room]
    return [_cut(line, width) for line in [*shown, summary_line(overview)]]


def running_line(running: ItemProgress) -> str:
    """Return what an item is at."""
    moment = running.moment
    where = f"[{running.where}] " if running.where else ""
    of_runs = f" ({running.run} of {running.runs})" if running.runs > 1 else ""
    facts = [
        *([f"seed {moment.seed}{of_runs}"] if moment.seed is not None else []),
        f"epoch {moment.epoch:.1f} of {moment.epochs:g}" if moment.steps else moment.stage,
        *([f"loss {moment.loss:.3f}"] if moment.loss is not None else []),
        *([f"score {moment.score:.3f}"] if moment.score is not None else []),
        *([moment.stage] if moment.steps and moment.stage != "training" else []),
        *([f"{_about(running.left_s)} left"] if running.left_s is not None else []),
    ]
    return f"{where}{label(running.item)}: {', '.join(facts)}"


def summary_line(overview: ProgressSnapshot) -> str:
    """Return how many items are done, run and wait, and how long it will take."""
    left = time_left(overview)
    counts = f"{len(overview.finished)} of {len(overview.costs)} items done"
    waiting = f", {len(overview.waiting)} waiting" if overview.waiting else ""
    return counts + waiting + ("" if left is None else f", {_about(left)} left in all")


def label(item: str) -> str:
    """Return the part of a node id that names task and checkpoint."""
    _test, bracket, parameters = item.partition("[")
    return parameters.partition("]")[0] if bracket else item.rpartition("::")[2]


def _about(duration_s: float) -> str:
    return f"about {seconds(float(max(round(duration_s), 1)))}".replace(".0 s", " s")


def _cut(line: str, width: int) -> str:
    return line if len(line) <= width else f"{line[: max(width - 3, 0)]}..."[:width]


def due(since_line_s: float, since_epoch_s: float, interval_s: float, *, ended_epoch: bool) -> bool:
    """Return whether a log gets another line about an item.

    Args:
        since_line_s: since its last line, or since it began.
        since_epoch_s: since the epoch began that it is in, or that it has just ended.
        interval_s: how far lines are apart.
        ended_epoch: whether it has just ended an epoch.
    """
    return since_line_s >= interval_s or (ended_epoch and since_epoch_s >= interval_s)
