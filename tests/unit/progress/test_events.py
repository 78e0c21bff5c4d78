"""Moments: what an item is at, and what follows from it."""

import json

import pytest

from pytest_glue.progress.events import ItemProgress, TrainingProgress

SEEDS = (42, 43, 44)
HALF = TrainingProgress(
    "training", seed=43, step=10, steps=20, epoch=1.5, epochs=3.0, loss=0.5, elapsed_s=30.0, left_s=30.0
)


def test_a_running_item_survives_json() -> None:
    """What is read from JSON is what was written."""
    running = ItemProgress.of("a::b[c]", "gw1", SEEDS, HALF)
    assert running == ItemProgress.from_dict(json.loads(json.dumps(running.to_dict())))


@pytest.mark.parametrize(
    ("seed", "run", "runs"), [(None, 0, 3), (42, 1, 3), (44, 3, 3), (45, 4, 4)], ids=["none", "first", "last", "added"]
)
def test_a_run_is_counted_by_its_seed(seed: int | None, run: int, runs: int) -> None:
    """The first seed is run 1 of 3; before it no run has begun, and one that a verdict asked for comes behind."""
    running = ItemProgress.of("a", "", SEEDS, TrainingProgress("training", seed=seed))
    assert (run, runs) == (running.run, running.runs)


def test_runs_behind_this_one_take_as_long_as_it() -> None:
    """In the middle of the second of three runs, half of the item is done, and a half and a whole run are left."""
    running = ItemProgress.of("a", "", SEEDS, HALF)
    assert (0.5, 30.0 + 60.0) == (running.share, running.left_s)


def test_nothing_is_known_before_the_first_step() -> None:
    """What loads has done nothing, and nobody knows how long it takes."""
    running = ItemProgress.of("a", "", SEEDS, TrainingProgress("loading"))
    assert (0.0, None) == (running.share, running.left_s)
