"""The file of the JSON report: atomic replacement, and the check that it can be written."""

import json
import os
import resource
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_glue.core.errors import ReportError
from pytest_glue.reports.files import check_writable
from pytest_glue.reports.json import write

REMEDY = "name a file in a writable folder"


def test_a_report_is_replaced(tmp_path: Path) -> None:
    """The file has the last report as readable text, and no temporary file remains."""
    path = tmp_path / "out.json"
    for reason in ("first", "rte · a/b"):
        write(path, {"reason": reason})
    assert {"reason": "rte · a/b"} == json.loads(path.read_text("utf-8"))
    assert "rte · a/b" in path.read_text("utf-8")
    assert [path] == list(tmp_path.iterdir())


def test_a_full_disk_keeps_the_old_report(tmp_path: Path) -> None:
    """A full disk leaves the old report complete and no part of the new one."""
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


def test_numbers_that_json_lacks(tmp_path: Path) -> None:
    """NaN and infinity are null, and text in what the user gave; a name that is no UTF-8 is escaped."""
    path = tmp_path / "out.json"
    given = {"weight_decay": float("nan"), "kwargs": [float("-inf")]}
    write(path, {"score": float("nan"), "runs": [{"loss": float("inf"), "recipe": given}], "data": "m\udcff"})
    runs = [{"loss": None, "recipe": {"weight_decay": "nan", "kwargs": ["-inf"]}}]
    assert {"score": None, "runs": runs, "data": "m\udcff"} == json.loads(path.read_text("utf-8"))


def test_a_link_is_followed(tmp_path: Path) -> None:
    """The file that a link names is replaced, also if it does not exist yet, and the link stays."""
    (tmp_path / "reports").mkdir()
    link, target = tmp_path / "out.json", tmp_path / "reports" / "1.json"
    link.symlink_to(target)
    for number in (1, 2):
        check_writable(link, "JSON")
        write(link, {"number": number}, is_final=False)
        assert link.is_symlink()
        assert {"number": number} == json.loads(target.read_text("utf-8"))
    assert [target] == list(target.parent.iterdir())


def test_a_device_stays_a_device(tmp_path: Path) -> None:
    """`/dev/null` is not replaced by a file; a pipe gets the final report only, and one without a reader is no hang."""
    null, pipe = Path("/dev/null"), tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (null, pipe):
        check_writable(path, "JSON")
        write(path, {"reason": "early"}, is_final=False)
    write(null, {"reason": "final"})
    assert null.is_char_device()
    with pytest.raises(ReportError, match="cannot be written"):
        write(pipe, {"reason": "final"})
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    write(pipe, {"reason": "final"})
    assert {"reason": "final"} == json.loads(os.read(reader, 1000))
    os.close(reader)


def test_the_check_changes_no_file(tmp_path: Path) -> None:
    """The check creates a missing folder but no file, and does not change an old report."""
    path = tmp_path / "deep" / "folder" / "out.json"
    check_writable(path, "JSON")
    assert [] == list(path.parent.iterdir())
    path.write_text("old", encoding="utf-8")
    check_writable(path, "JSON")
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


@pytest.mark.parametrize("make_path", [a_folder, in_a_file, below_a_file, a_long_name])
def test_a_path_that_cannot_be_written(tmp_path: Path, make_path: Callable[[Path], tuple[Path, str]]) -> None:
    """The error has path, cause and remedy."""
    path, cause = make_path(tmp_path)
    with pytest.raises(ReportError) as caught:
        check_writable(path, "JSON")
    assert f"the JSON report {str(path)!r} cannot be written: {cause}; {REMEDY}" == str(caught.value)
