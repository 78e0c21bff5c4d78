"""Live lines: what a test run is at, as text."""

from dataclasses import replace

import pytest

from pytest_glue.progress.events import ItemProgress, TrainingProgress
from pytest_glue.progress.lines import ProgressSnapshot, due, label, live_lines, running_line, time_left

ITEMS = tuple(f"suites/test_glue.py::test_glue[{task}-sample]" for task in ("cola", "mrpc", "rte", "wnli"))
COLA, MRPC, RTE, WNLI = ITEMS
TRAINING = TrainingProgress(
    "training", seed=42, step=10, steps=40, epoch=1.25, epochs=5.0, loss=0.4567, score=0.5, elapsed_s=10.0, left_s=30.0
)


def running(
    item: str = RTE, where: str = "", seeds: tuple[int, ...] = (42,), moment: TrainingProgress = TRAINING
) -> ItemProgress:
    """Return an item that is in training."""
    return ItemProgress.of(item, where, seeds, moment)


def overview(*those: ItemProgress, finished: tuple[str, ...] = (), trained: tuple[str, ...] = ()) -> ProgressSnapshot:
    """Return a test run of four items, ten seconds after its first training began."""
    return ProgressSnapshot(dict.fromkeys(ITEMS, 1.0), frozenset(finished), frozenset(trained), those, 10.0)


def test_a_line_says_where_what_how_far_and_how_long() -> None:
    """An item's line has worker, name, seed, epoch, loss, score and the time that its runs still take."""
    assert (
        "[gw1] rte-sample: seed 42 (1 of 2), epoch 1.2 of 5, loss 0.457, score 0.500, about 1 min 10 s left"
        == running_line(running(where="gw1", seeds=(42, 43)))
    )


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (TrainingProgress("loading"), "rte-sample: loading"),
        (TrainingProgress("training", seed=42, steps=40, epochs=5.0), "rte-sample: seed 42, epoch 0.0 of 5"),
        (
            TrainingProgress("evaluating", seed=42, step=40, steps=40, epoch=0.5, epochs=0.5, left_s=0.0),
            "rte-sample: seed 42, epoch 0.5 of 0.5, evaluating, about 1 s left",
        ),
    ],
    ids=["loading", "begins", "evaluating"],
)
def test_a_line_says_only_what_is_known(moment: TrainingProgress, expected: str) -> None:
    """Loss, score and time are left out as long as there are none; training goes without saying."""
    assert expected == running_line(running(moment=moment))


def test_all_items_are_counted_below() -> None:
    """The last line has what is done, what waits, and the time for all of it."""
    lines = live_lines(overview(running(), finished=(COLA,), trained=(COLA,)), 79, 20)
    assert [
        "rte-sample: seed 42, epoch 1.2 of 5, loss 0.457, score 0.500, about 30 s left",
        "1 of 4 items done, 2 waiting, about 30 s left in all",
    ] == lines


def test_no_line_is_wider_than_there_is_room_for() -> None:
    """Lines are cut at the width, and those that do not fit below each other are counted."""
    many = [running(item, where=f"gw{place}") for place, item in enumerate(ITEMS)]
    assert [
        "[gw0] cola-sample: s...",
        "[gw1] mrpc-sample: s...",
        "... and 2 more",
        "0 of 4 items done, a...",
    ] == live_lines(overview(*many), 23, 4)
    assert [] == [line for line in live_lines(overview(*many), 2, 1) if len(line) > 2]


def test_time_is_unknown_before_the_first_step() -> None:
    """Nobody knows how long it takes while nothing is done, or while all that is done came from the store."""
    loading = running(moment=TrainingProgress("loading"))
    assert [None, None] == [time_left(overview(loading)), time_left(overview(loading, finished=(COLA, MRPC)))]


def test_time_follows_from_the_pace_of_so_far() -> None:
    """A quarter of an item in ten seconds: 150 s for the rest of it and three others; costs change the weights."""
    assert 10.0 / 0.25 * 3.75 == time_left(overview(running()))
    costs = {item: 1.0 if item == RTE else 10.0 for item in ITEMS}
    assert 10.0 / 0.25 * (0.75 + 30) == time_left(replace(overview(running()), costs=costs))


def test_items_from_the_store_are_no_pace() -> None:
    """An item that took no time is done, but the others are not expected to take none."""
    assert 10.0 / 0.25 * 2.75 == time_left(overview(running(), finished=(COLA,)))


def test_all_take_at_least_as_long_as_the_longest() -> None:
    """What one worker has yet to do cannot be shared by the others."""
    long = running(moment=TrainingProgress("training", seed=42, step=1, steps=2, elapsed_s=500.0, left_s=500.0))
    assert 500.0 == time_left(overview(long, finished=(COLA, MRPC, WNLI), trained=(COLA, MRPC, WNLI)))


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (RTE, "rte-sample"),
        ("a.py::test_other", "test_other"),
        ("a.py::A::test_glue[cola-a]@group", "cola-a"),
    ],
)
def test_an_item_is_called_by_its_parameters(item: str, expected: str) -> None:
    """A line names task and checkpoint; a test without parameters goes by its name."""
    assert expected == label(item)


@pytest.mark.parametrize(
    ("line_s", "epoch_s", "ended", "expected"),
    [(59, 500, False, False), (60, 5, False, True), (10, 70, True, True), (10, 10, True, False)],
    ids=["soon", "silence", "long epoch", "short epoch"],
)
def test_a_log_gets_a_line_now_and_then(line_s: float, epoch_s: float, ended: bool, expected: bool) -> None:  # noqa: FBT001
    """A line is due a minute after the last, and at the end of each epoch that takes longer than that."""
    assert expected is due(line_s, epoch_s, 60.0, ended_epoch=ended)
