"""Status files: the controller reads what workers write, and no file is left behind."""

from collections.abc import Mapping
from pathlib import Path
from threading import Event

import pytest

from pytest_glue.progress import worker_status
from pytest_glue.progress.events import ItemProgress
from pytest_glue.progress.log import ProgressListener
from pytest_glue.progress.worker_status import StatusFileReader, StatusFileWriter, status_folder

COSTS = {"a.py::a[x]": 2.0, "a.py::a[y]": 3.0}
X = ItemProgress("a.py::a[x]", "[gw0] x: seed 42", 0.5, 1.0)
Y = ItemProgress("a.py::a[y]", "[gw1] y: loading", 0.0, None)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of status files, which does not exist yet."""
    return tmp_path / "status"


class Listener(ProgressListener):
    """Keeps what it receives."""

    def __init__(self) -> None:
        self.costs: Mapping[str, float] = {}
        self.items: tuple[ItemProgress, ...] = ()
        self.is_told = Event()

    def expect(self, costs: Mapping[str, float]) -> None:
        self.costs = costs

    def on_progress(self, *items: ItemProgress) -> None:
        self.items = items
        if items:
            self.is_told.set()


def read(folder: Path) -> tuple[Mapping[str, float], tuple[ItemProgress, ...]]:
    """Return the costs and the running items that the controller reads."""
    listener = Listener()
    StatusFileReader(folder, listener).read()
    return listener.costs, listener.items


@pytest.fixture
def writers(folder: Path) -> tuple[StatusFileWriter, StatusFileWriter]:
    """Two workers that have collected the items."""
    writers = StatusFileWriter(folder, "gw0"), StatusFileWriter(folder, "gw1")
    for writer in writers:
        writer.expect(COSTS)
    return writers


def test_the_last_state_counts(folder: Path, writers: tuple[StatusFileWriter, StatusFileWriter]) -> None:
    """The controller reads the costs of all items, and the last state of each worker that runs an item."""
    assert (COSTS, ()) == read(folder)
    writers[1].on_progress(ItemProgress(Y.item, "[gw1] y: searching", 0.0, None))
    writers[1].on_progress(Y)
    assert (COSTS, (Y,)) == read(folder)
    writers[0].on_progress(X)
    assert (COSTS, (X, Y)) == read(folder)


def test_without_items_there_is_no_folder(folder: Path) -> None:
    """A test run without items leaves nothing that a controller would have to read."""
    StatusFileWriter(folder, "gw0").expect({})
    assert not folder.exists()


def test_the_last_worker_deletes_the_folder(folder: Path, writers: tuple[StatusFileWriter, StatusFileWriter]) -> None:
    """Each worker deletes its own file, and the last one the folder."""
    writers[0].close()
    assert ["gw1.json"] == [file.name for file in folder.iterdir()]
    writers[1].close()
    assert not folder.exists()


def test_a_worker_that_outlives_its_controller_writes_nothing(
    folder: Path, writers: tuple[StatusFileWriter, StatusFileWriter]
) -> None:
    """After the controller has deleted the folder, a worker goes on without a file and does not create it again."""
    reader = StatusFileReader(folder, Listener())
    reader.start()
    reader.close()
    writers[0].on_progress(X)
    writers[0].close()
    assert not folder.exists()


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"costs": {}, "running": [{"item": 1}]}'])
def test_a_damaged_file_is_skipped(folder: Path, writers: tuple[StatusFileWriter, StatusFileWriter], text: str) -> None:
    """A file that cannot be read does not hide the others."""
    writers[1].on_progress(Y)
    (folder / "gw0.json").write_text(text, "utf-8")
    assert (COSTS, (Y,)) == read(folder)


def test_a_thread_reads_until_it_is_closed(
    folder: Path, writers: tuple[StatusFileWriter, StatusFileWriter], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The controller's listener receives the state of a worker without asking for it."""
    monkeypatch.setattr(worker_status, "INTERVAL_S", 0.001)
    listener = Listener()
    reader = StatusFileReader(folder, listener)
    reader.start()
    writers[0].on_progress(X)
    assert listener.is_told.wait(30)
    reader.close()
    assert (COSTS, (X,)) == (listener.costs, listener.items)
    assert not reader.is_alive()


def test_controller_and_worker_use_the_same_folder() -> None:
    """The folder's name follows from xdist's id of the test run, and differs between test runs."""
    ours, theirs = status_folder({"testrunuid": "a", "workerid": "gw0"}), status_folder({"testrunuid": "b"})
    assert ours == status_folder({"testrunuid": "a", "workerid": "gw1"}) != theirs
