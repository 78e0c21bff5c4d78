"""Progress of an item, computed from the progress of its current run."""

from dataclasses import replace

import pytest

from pytest_glue.progress.events import ItemProgress, TrainingProgress

RTE = "suites/test_glue.py::test_glue[rte-sample]"
SEEDS = (42, 43, 44)
HALF = TrainingProgress("training", seed=43, share=0.5, epoch=1.5, epochs=3.0, elapsed_s=30.0, left_s=30.0)


def text(training: TrainingProgress, *, item: str = RTE, worker: str = "", seeds: tuple[int, ...] = (42,)) -> str:
    """Return the line about an item."""
    return ItemProgress.of(item, worker, seeds, training).text


@pytest.mark.parametrize(
    ("seed", "share", "shown"),
    [(42, 0.5 / 3, "seed 42 (1 of 3)"), (44, 2.5 / 3, "seed 44 (3 of 3)"), (45, 3.5 / 4, "seed 45 (4 of 4)")],
    ids=["first", "last", "added"],
)
def test_a_run_is_counted_by_its_seed(seed: int, share: float, shown: str) -> None:
    """The first seed is run 1 of 3. A run that a verdict asked for comes after the planned ones."""
    progress = ItemProgress.of(RTE, "", SEEDS, replace(HALF, seed=seed))
    assert share == progress.share
    assert f"rte-sample: {shown}, epoch 1.5 of 3" in progress.text


def test_further_runs_take_as_long_as_this_one() -> None:
    """In the middle of the second of three runs, half of the item is done; half a run and a whole run are left."""
    progress = ItemProgress.of(RTE, "", SEEDS, HALF)
    assert (0.5, 30.0 + 60.0) == (progress.share, progress.left_s)


def test_nothing_is_known_before_the_first_step() -> None:
    """An item that loads has done nothing, and its time is unknown."""
    progress = ItemProgress.of(RTE, "", SEEDS, TrainingProgress("loading"))
    assert (0.0, None, "rte-sample: loading") == (progress.share, progress.left_s, progress.text)


def test_a_line_has_worker_item_run_epoch_loss_score_and_time() -> None:
    """The line about an item names everything that is known."""
    training = TrainingProgress("training", 42, 0.25, 1.25, 5.0, loss=0.4567, score=0.5, elapsed_s=10.0, left_s=30.0)
    assert "[gw1] rte-sample: seed 42 (1 of 2), epoch 1.2 of 5, loss 0.457, score 0.500, about 1 min 10 s left" == text(
        training, worker="gw1", seeds=(42, 43)
    )


def test_a_line_leaves_out_what_is_unknown() -> None:
    """Loss, score and time are missing at first, and a single run is not counted."""
    assert "rte-sample: seed 42, epoch 0.0 of 5" == text(TrainingProgress("training", seed=42, epochs=5.0))
    assert "rte-sample: seed 42, epoch 0.5 of 0.5, about 0.0 s left" == text(
        TrainingProgress("training", seed=42, share=1.0, epoch=0.5, epochs=0.5, left_s=0.0)
    )


@pytest.mark.parametrize(
    ("item", "name"),
    [(RTE, "rte-sample"), ("a.py::test_other", "test_other"), ("a.py::A::test_glue[cola-a]@group", "cola-a")],
)
def test_an_item_is_named_by_its_parameters(item: str, name: str) -> None:
    """A line names task and checkpoint; a test without parameters is shown by its name."""
    assert f"{name}: loading" == text(TrainingProgress("loading"), item=item)
