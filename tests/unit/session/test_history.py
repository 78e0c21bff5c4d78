"""The history of a test run when it cannot be written."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from pytest_glue.config.options import Options
from pytest_glue.history.storage import HistoryFile
from pytest_glue.session.history import History
from tests.factories import make_evaluation

OTHER = "suites/test_glue.py::test_glue[cola-a-b]"


@pytest.fixture
def waits_briefly(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LONG_WAIT_S", "SHORT_WAIT_S"):
        monkeypatch.setattr(f"pytest_glue.history.storage.{name}", 0.02)


def test_each_item_is_written_at_once(tmp_path: Path) -> None:
    """A test run that is killed loses nothing; a test that is run again replaces its result."""
    file, lines = HistoryFile(tmp_path / "h.sqlite"), list[str]()
    history = History(Options(history=file.path), tmp_path, lines.append)
    history.start()
    assert file.read() == []
    for n_records, nodeid in ((1, OTHER), (1, OTHER), (2, "b")):
        history.append(make_evaluation(nodeid=nodeid))
        assert len(file.read()) == n_records
    history.finish()
    assert [(f"history: {file.path} (2 items appended)", True)] == history.summary
    assert not lines


def test_without_the_option(tmp_path: Path) -> None:
    """Nothing is written and nothing is said."""
    history = History(Options(), tmp_path, lambda _: None)
    history.start()
    history.append(make_evaluation())
    history.finish()
    assert ([], []) == (history.summary, list(tmp_path.iterdir()))


@pytest.mark.usefixtures("waits_briefly")
def test_a_lock_that_is_released(tmp_path: Path) -> None:
    """What could not be written is written with the next item; one line says that it was tried."""
    file, lines = HistoryFile(tmp_path / "h.sqlite"), list[str]()
    history = History(Options(history=file.path), tmp_path, lines.append)
    history.start()
    with closing(sqlite3.connect(file.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        history.append(make_evaluation())
        history.append(make_evaluation(nodeid=OTHER))
    (line,) = lines
    assert line.startswith(f"glue: the history {str(file.path)!r} cannot be written: another process has locked it")
    assert line.endswith("The test run goes on and tries again after each item")
    history.finish()
    assert len(file.read()) == 2
    assert [(f"history: {file.path} (2 items appended)", True)] == history.summary


def test_a_file_that_is_no_history(tmp_path: Path) -> None:
    """It is said before the first item and at the end, and the file keeps its content."""
    path, lines = tmp_path / "h.sqlite", list[str]()
    path.write_text("my notes")
    history = History(Options(history=path), tmp_path, lines.append)
    history.start()
    assert len(lines) == 1
    history.append(make_evaluation())
    history.finish()
    ((line, is_written),) = history.summary
    assert not is_written
    assert "is damaged or no history" in line
    assert line.endswith("1 item of this test run is not in it")
    assert (path.read_text(), len(lines)) == ("my notes", 1)
