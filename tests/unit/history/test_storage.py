"""The file of a history: what is written is read, and nothing of others is touched."""

import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_glue.core.errors import HistoryError
from pytest_glue.history.storage import APPLICATION_ID, SCHEMA_VERSION, HistoryFile
from tests.factories import make_record


@pytest.fixture
def file(tmp_path: Path) -> HistoryFile:
    return HistoryFile(tmp_path / "new folder?#%" / "history.sqlite")


def test_what_is_written_is_read(file: HistoryFile) -> None:
    """In the order of time, in a folder that is made; an item of the same test run is replaced."""
    baseline = {"name": "main", "baseline_score": 0.65}
    records = [make_record(2, baseline=baseline, is_dirty=None), make_record(1, score=None), make_record(3)]
    file.append(records)
    again = replace(records[2], verdict="pass", failed=False)
    file.append([again])
    assert file.read() == [records[1], records[0], again]
    with closing(sqlite3.connect(file.path)) as database:
        assert database.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)
        assert database.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
        scores = database.execute("SELECT score FROM evaluation WHERE task = 'rte' ORDER BY time").fetchall()
        assert scores == [(None,), (0.614,), (0.614,)]


def test_an_empty_file_is_a_new_history(file: HistoryFile) -> None:
    """As `touch` and temporary files of Python make it."""
    file.path.parent.mkdir()
    file.path.touch()
    assert file.read() == []
    file.append([make_record()])
    assert len(file.read()) == 1


def test_names_that_are_no_valid_text(file: HistoryFile) -> None:
    """A path with bytes that are no text is written with escapes."""
    file.append([make_record(nodeid="a\udcff.py::test[x]")])
    assert file.read()[0].nodeid == "a\\udcff.py::test[x]"


def test_two_writers_lose_nothing(file: HistoryFile) -> None:
    """They wait for each other."""

    def write(number: int) -> None:
        file.append([make_record(number)])

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(write, range(16)))
    assert len(file.read()) == 16


def newer(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE evaluation (id)")
        database.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        database.execute("PRAGMA user_version = 99")


def of_another_program(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE songs (id)")


def damaged(path: Path) -> None:
    HistoryFile(path).append([make_record(number) for number in range(20)])
    content = bytearray(path.read_bytes())
    content[100:4000] = b"\xff" * 3900
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (newer, "has the schema version 99, and this pytest-glue knows versions up to 1: upgrade pytest-glue"),
        (of_another_program, "is a database of another program: name another file"),
        (damaged, "is damaged or no history ("),
        (lambda path: path.write_text('{"schema_version": 1}'), "is damaged or no history (file is not a database)"),
        (Path.mkdir, "it is a folder, and a file is needed"),
    ],
)
def test_files_that_are_no_history(tmp_path: Path, make: Callable[[Path], object], message: str) -> None:
    """They are refused with a message by reader and writer, and keep their content."""
    file = HistoryFile(tmp_path / "history.sqlite")
    make(file.path)
    before = file.path.read_bytes() if file.path.is_file() else b""
    for use in (lambda: file.append([make_record()]), file.read):
        with pytest.raises(HistoryError) as caught:
            use()
        assert message in str(caught.value)
        assert str(file.path) in str(caught.value)
    assert before == (file.path.read_bytes() if file.path.is_file() else b"")
    assert [file.path] == list(tmp_path.iterdir())


def test_a_locked_file(file: HistoryFile) -> None:
    """The writer waits for a while, and then says why it cannot write; a reader can still read."""
    file.append([make_record(0)])
    with closing(sqlite3.connect(file.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(HistoryError, match="cannot be written: another process has locked it; try again when"):
            file.append([make_record(1)], wait_s=0.05)
        assert len(file.read()) == 1
    file.append([make_record(1)])
    assert len(file.read()) == 2


def test_a_missing_file(file: HistoryFile) -> None:
    """A reader does not make one."""
    with pytest.raises(HistoryError, match="cannot be read: No such file or directory; name the file that test runs"):
        file.read()
    assert not file.path.parent.exists()


def test_a_folder_that_is_none(tmp_path: Path) -> None:
    """A writer says what is wrong."""
    (tmp_path / "a").touch()
    with pytest.raises(HistoryError, match="cannot be written: File exists; name a file in a writable folder"):
        HistoryFile(tmp_path / "a" / "history.sqlite").append([])


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="no file system that root cannot write to")
def test_a_place_that_cannot_be_written() -> None:
    """The message says what to do."""
    with pytest.raises(HistoryError, match=r"cannot be written: .*; name a file in a writable folder"):
        HistoryFile(Path("/proc/self/history.sqlite")).append([make_record()])


def test_a_value_of_another_type(file: HistoryFile) -> None:
    """A file that was edited is not shown wrongly."""
    file.append([make_record()])
    with closing(sqlite3.connect(file.path)) as database, database:
        database.execute("UPDATE evaluation SET runs = '[1]'")
    with pytest.raises(HistoryError, match=r"is damaged .*restore a copy, or name another file"):
        file.read()
