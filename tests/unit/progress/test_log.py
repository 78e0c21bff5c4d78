"""Log lines about running items: when they are written, and the time left for the whole test run."""

import pytest

from pytest_glue.progress.events import ItemProgress
from pytest_glue.progress.log import FIRST_LINE_S, INTERVAL_S, ProgressLog

COLA, MRPC, RTE, WNLI = ITEMS = ("cola", "mrpc", "rte", "wnli")
LOADING = ItemProgress(RTE, "loading", 0.0, None)
BEGUN = ItemProgress(RTE, "begun", 0.001, None)
QUARTER = ItemProgress(RTE, "quarter", 0.25, 30.0)


class Log(ProgressLog):
    """A log with a clock that the test sets, whose lines are kept."""

    def __init__(self) -> None:
        self.now = 0.0
        self.lines: list[str] = []
        super().__init__(self.lines.append, lambda: self.now)

    def at(self, now: float, *items: ItemProgress) -> list[str]:
        """Return the lines that are written when items report their progress at this time."""
        self.now = now
        count = len(self.lines)
        self.on_progress(*items)
        return self.lines[count:]


@pytest.fixture
def log() -> Log:
    """A test run of four items that cost the same; the third one starts at 0 s, and its training at 1 s."""
    log = Log()
    log.expect(dict.fromkeys(ITEMS, 1.0))
    assert [] == log.at(0.0, LOADING)
    assert [] == log.at(1.0, BEGUN)
    return log


def test_lines_are_an_interval_apart(log: Log) -> None:
    """An item has its first line after some seconds, and then one for each interval."""
    assert [] == log.at(FIRST_LINE_S - 0.1, QUARTER)
    assert 1 == len(log.at(FIRST_LINE_S, QUARTER))
    assert [] == log.at(FIRST_LINE_S + INTERVAL_S - 0.1, QUARTER)
    assert 1 == len(log.at(FIRST_LINE_S + INTERVAL_S, QUARTER))


def test_each_item_has_lines_of_its_own(log: Log) -> None:
    """The lines about one item do not delay those about another."""
    other = ItemProgress(WNLI, "[gw1] other", 0.5, None)
    log.at(5.0, other)
    assert ["quarter"] == [line.split(": ")[1].split(";")[0] for line in log.at(11.0, QUARTER, other)]
    assert ["[gw1] other"] == [line.split(": ")[1].split(";")[0] for line in log.at(15.0, QUARTER, other)]


def test_time_left_follows_from_the_pace_so_far(log: Log) -> None:
    """A quarter of an item takes 10 s: 150 s for the rest of it and for three others."""
    assert ["glue: quarter; 0 of 4 items done, about 2 min 30 s left in total"] == log.at(11.0, QUARTER)


def test_costs_weigh_the_items(log: Log) -> None:
    """An item that costs ten times as much is expected to take ten times as long."""
    log.expect({item: 1.0 if item == RTE else 10.0 for item in ITEMS})
    (line,) = log.at(11.0, QUARTER)
    assert line.endswith("about 20 min 30 s left in total")  # 40 s for each unit of cost, 30.75 units left


def test_time_left_is_unknown_before_the_first_step(log: Log) -> None:
    """Without a step there is no pace, also if other items are finished because their runs were cached."""
    log.finish(COLA)
    log.finish(MRPC)
    assert ["glue: loading; 2 of 4 items done"] == log.at(11.0, LOADING)


def test_cached_items_do_not_count_for_the_pace(log: Log) -> None:
    """A cached item is done, but the others are not expected to take no time."""
    log.finish(COLA)
    assert ["glue: quarter; 1 of 4 items done, about 1 min 50 s left in total"] == log.at(11.0, QUARTER)


def test_trained_items_count_for_the_pace(log: Log) -> None:
    """An item that was trained, and half of another one, take 30 s: 30 s for the other half and one more."""
    log.finish(RTE)
    log.finish(COLA)
    half = ItemProgress(WNLI, "half", 0.5, None)
    log.at(16.0, half)
    assert ["glue: half; 2 of 4 items done, about 30.0 s left in total"] == log.at(31.0, half)


def test_the_whole_takes_at_least_as_long_as_the_longest_item(log: Log) -> None:
    """Other workers cannot share the work on one item."""
    for item in (COLA, MRPC, WNLI):
        log.at(2.0, ItemProgress(item, "", 0.5, None))
        log.finish(item)
    (line,) = log.at(11.0, ItemProgress(RTE, "long", 0.5, 500.0))
    assert line.endswith("3 of 4 items done, about 8 min 20 s left in total")


def test_a_late_state_of_a_finished_item_is_ignored(log: Log) -> None:
    """A status file can be older than the report that finished the item, and other tests are not counted."""
    log.finish(RTE)
    log.finish("test_other")
    assert [] == log.at(11.0, QUARTER)
    half = ItemProgress(WNLI, "half", 0.5, None)
    log.at(11.0, half)
    (line,) = log.at(21.0, half)
    assert line.startswith("glue: half; 1 of 4 items done")


def test_an_item_without_a_cost_is_shown_but_not_counted(log: Log) -> None:
    """The executor's requests are expected in place of items; an item that runs in the controller is none of them."""
    other = ItemProgress("other", "other", 0.5, None)
    log.at(2.0, other)
    (line,) = log.at(12.0, other)
    assert line.startswith("glue: other; 0 of 4 items done")
