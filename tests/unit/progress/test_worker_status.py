"""Letters: what a worker writes is what the controller reads, and nothing is left of it."""

import time
from pathlib import Path

import pytest

from pytest_glue.progress import worker_status
from pytest_glue.progress.events import ItemProgress, TrainingProgress
from pytest_glue.progress.lines import ProgressSnapshot
from pytest_glue.progress.tracker import Progress
from pytest_glue.progress.worker_status import (
    StatusFileReader,
    StatusFileWriter,
    WorkerStatus,
    folder_of,
    read_statuses,
)

ITEMS = ("a.py::a[x]", "a.py::a[y]")
COSTS = {ITEMS[0]: 2.0, ITEMS[1]: 3.0}
X = ItemProgress.of(ITEMS[0], "gw0", (42,), TrainingProgress("training", 42, 1, 2))
Y = ItemProgress.of(ITEMS[1], "gw1", (42,), TrainingProgress("loading"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Of the worker_status, which is not there yet."""
    return tmp_path / "letters"


class Seen:
    """A view that keeps what it saw."""

    def __init__(self) -> None:
        self.overviews: list[ProgressSnapshot] = []

    def on_progress(self, running: ItemProgress, overview: ProgressSnapshot) -> None:  # noqa: ARG002 - the protocol
        """See `View`."""
        self.overviews.append(overview)

    def forget(self, overview: ProgressSnapshot) -> None:
        """See `View`."""
        self.overviews.append(overview)

    def close(self) -> None:
        """See `View`."""


def until(condition: object) -> None:
    """Wait until something is true, as it is within seconds."""
    assert callable(condition)
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_worker_tells_what_it_is_at(folder: Path) -> None:
    """Each worker's letter says which items there are and which one it is at; the last moment counts."""
    first, second = StatusFileWriter(folder, "gw0"), StatusFileWriter(folder, "gw1")
    first.expect(COSTS)
    second.expect(COSTS)
    second.on_progress(ItemProgress.of(ITEMS[1], "gw1", (42,), TrainingProgress("searching")))
    second.on_progress(Y)
    assert [WorkerStatus(COSTS, None), WorkerStatus(COSTS, Y)] == read_statuses(folder)


def test_an_item_that_has_ended_is_not_told(folder: Path) -> None:
    """An item is in the letter until it ends; the end of another test says nothing of it."""
    writer = StatusFileWriter(folder, "gw0")
    writer.expect(COSTS)
    writer.on_progress(X)
    writer.finish("a.py::other")
    assert [WorkerStatus(COSTS, X)] == read_statuses(folder)
    writer.finish(X.item)
    assert [WorkerStatus(COSTS, None)] == read_statuses(folder)


def test_without_items_there_is_no_folder(folder: Path) -> None:
    """A test run in which no item wants a fine-tuning leaves nothing that a controller would have to read."""
    StatusFileWriter(folder, "gw0").expect({})
    assert not folder.exists()


def test_the_last_worker_takes_the_folder_away(folder: Path) -> None:
    """Each worker takes its own letter away, and the last one the folder."""
    first, second = StatusFileWriter(folder, "gw0"), StatusFileWriter(folder, "gw1")
    first.expect(COSTS)
    second.expect(COSTS)
    first.close()
    assert ["gw1.json"] == [file.name for file in folder.iterdir()]
    second.close()
    assert not folder.exists()


def test_a_worker_that_outlives_its_controller_is_quiet(folder: Path) -> None:
    """Where the folder is gone, a worker goes on without a letter, and does not make it again."""
    writer = StatusFileWriter(folder, "gw0")
    writer.expect(COSTS)
    reader = StatusFileReader(folder, Progress(None))
    reader.close()
    writer.on_progress(X)
    writer.close()
    assert not folder.exists()


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"items": [], "running": {"item": 1}}'])
def test_a_damaged_letter_is_left_out(folder: Path, text: str) -> None:
    """What cannot be read hides nothing else."""
    writer = StatusFileWriter(folder, "gw0")
    writer.expect(COSTS)
    writer.on_progress(X)
    (folder / "gw1.json").write_text(text, "utf-8")
    assert [WorkerStatus(COSTS, X)] == read_statuses(folder)


def test_the_controller_shows_all_workers(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What workers tell is seen together; an item that has ended is not seen again, whatever its letter says."""
    monkeypatch.setattr(worker_status, "INTERVAL_S", 0.01)
    first, second = StatusFileWriter(folder, "gw0"), StatusFileWriter(folder, "gw1")
    first.expect(COSTS)
    first.on_progress(X)
    second.expect(COSTS)
    second.on_progress(Y)
    seen = Seen()
    progress = Progress(seen)
    reader = StatusFileReader(folder, progress)
    until(lambda: seen.overviews and seen.overviews[-1].running == (X, Y))
    progress.finish(X.item)
    count = len(seen.overviews)
    until(lambda: len(seen.overviews) > count + 2)
    reader.close()
    assert {(Y,)} == {each.running for each in seen.overviews[count:]}
    last = seen.overviews[-1]
    assert (COSTS, frozenset({X.item})) == (last.costs, last.finished)
    assert last.finished == last.trained


def test_controller_and_worker_mean_the_same_folder() -> None:
    """The folder's name follows from what xdist tells both of them, and another test run's is another."""
    ours, theirs = folder_of({"testrunuid": "a", "workerid": "gw0"}), folder_of({"testrunuid": "b"})
    assert ours == folder_of({"testrunuid": "a", "workerid": "gw1"}) != theirs
