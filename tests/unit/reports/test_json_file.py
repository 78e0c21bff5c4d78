"""The JSON report's file: replaced as a whole or not at all, and known to be writable before anything is trained."""

import json
import resource
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_glue.core.errors import ReportError
from pytest_glue.reports.json import check_writable, write

REMEDY = "name a file in a writable folder"


def test_a_report_is_replaced(tmp_path: Path) -> None:
    """The file holds the last report, readable as text, and nothing lies beside it."""
    path = tmp_path / "out.json"
    for reason in ("first", "rte · a/b"):
        write(path, {"reason": reason})
    assert {"reason": "rte · a/b"} == json.loads(path.read_text("utf-8"))
    assert "rte · a/b" in path.read_text("utf-8")
    assert [path] == list(tmp_path.iterdir())


def test_the_old_report_stays_where_the_new_one_does_not_fit(tmp_path: Path) -> None:
    """A disk that is full in the middle of a report leaves the one before it whole, and no half of the new one."""
    path = tmp_path / "out.json"
    write(path, {"reason": "old"})
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(ReportError) as caught:
            write(path, {"reason": "new" * 1000})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert f"the JSON report {str(path)!r} cannot be written: File too large; {REMEDY}" == str(caught.value)
    assert {"reason": "old"} == json.loads(path.read_text("utf-8"))
    assert [path] == list(tmp_path.iterdir())


def test_what_json_cannot_hold_is_not_written(tmp_path: Path) -> None:
    """A NaN, which JSON has no word for, is a fault of ours: it is raised, and the old report stays."""
    path = tmp_path / "out.json"
    write(path, {"score": 0.5})
    with pytest.raises(ValueError, match="not JSON compliant"):
        write(path, {"score": float("nan")})
    assert {"score": 0.5} == json.loads(path.read_text("utf-8"))


def test_a_writable_place_is_left_as_it_is(tmp_path: Path) -> None:
    """The check makes a missing folder and no file, and does not touch an old report."""
    path = tmp_path / "deep" / "folder" / "out.json"
    check_writable(path)
    assert [] == list(path.parent.iterdir())
    path.write_text("old", encoding="utf-8")
    check_writable(path)
    assert "old" == path.read_text("utf-8")
    assert [path] == list(path.parent.iterdir())


def a_folder(tmp_path: Path) -> tuple[Path, str]:
    """Return the path of a folder."""
    return tmp_path, "it is a folder"


def in_a_file(tmp_path: Path) -> tuple[Path, str]:
    """Return a path whose folder is a file."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    return tmp_path / "file" / "out.json", "File exists"


def below_a_file(tmp_path: Path) -> tuple[Path, str]:
    """Return a path whose folder's folder is a file."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    return tmp_path / "file" / "deep" / "out.json", "Not a directory"


def a_long_name(tmp_path: Path) -> tuple[Path, str]:
    """Return a path with a name that no file system takes."""
    return tmp_path / ("x" * 300 + ".json"), "File name too long"


@pytest.mark.parametrize("place", [a_folder, in_a_file, below_a_file, a_long_name])
def test_a_place_that_cannot_be_written_is_named(tmp_path: Path, place: Callable[[Path], tuple[Path, str]]) -> None:
    """The message has the path, the cause and the remedy."""
    path, cause = place(tmp_path)
    with pytest.raises(ReportError) as caught:
        check_writable(path)
    assert f"the JSON report {str(path)!r} cannot be written: {cause}; {REMEDY}" == str(caught.value)
