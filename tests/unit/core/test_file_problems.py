"""Files that are not what their names say."""

import os
import socket
from pathlib import Path

import pytest

from pytest_glue.core.file_problems import file_problem, regular_file

POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"4d" * 32 + b"\nsize 437951328\n"


@pytest.mark.parametrize("content", [b"x", b"version", b"\x00" * 100, POINTER[1:]], ids=["x", "word", "zeros", "text"])
def test_a_file_with_content_has_no_problem(tmp_path: Path, content: bytes) -> None:
    """Only a whole pointer's first line makes a pointer."""
    (tmp_path / "file").write_bytes(content)
    assert not file_problem(tmp_path / "file")


def test_what_is_no_such_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The problem is named; a named pipe is not opened, which would block."""
    (tmp_path / "empty").touch()
    (tmp_path / "pointer").write_bytes(POINTER)
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("gone")
    (tmp_path / "to_pipe").symlink_to("pipe")
    monkeypatch.chdir(tmp_path)  # the path of a socket is short
    with socket.socket(socket.AF_UNIX) as made:
        made.bind("socket")
    found = {path.name: file_problem(path) for path in tmp_path.iterdir()}
    found |= {"gone": file_problem(tmp_path / "gone"), "null": file_problem(Path("a\0b"))}
    assert found == {
        "empty": "is empty",
        "pointer": "is a Git LFS pointer, not the file itself: run `git lfs pull` in its repository",
        "folder": "is a folder, and a file is needed",
        "pipe": "is a named pipe, and a file is needed",
        "to_pipe": "is a named pipe, and a file is needed",
        "socket": "is a socket, and a file is needed",
        "link": "is a link to a file that does not exist",
        "gone": "does not exist",
        "null": "cannot be read (embedded null byte)",
    }
    assert "is a device, and a file is needed" == file_problem(Path("/dev/null"))


def test_a_file_that_can_be_read_to_its_end(tmp_path: Path) -> None:
    """A path is returned if it is a file, also an empty one; anything else is an `OSError` that says what it is."""
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to("file")
    os.mkfifo(tmp_path / "pipe")
    assert [tmp_path / "file", tmp_path / "link"] == [regular_file(tmp_path / name) for name in ("file", "link")]
    for path, reason in {
        tmp_path: "it is a folder, and a file is needed",
        tmp_path / "pipe": "it is a named pipe, and a file is needed",
        Path("/dev/zero"): "it is a device, and a file is needed",
        tmp_path / "gone": "No such file or directory",
        Path("a\0b"): "embedded null byte",
    }.items():
        with pytest.raises(OSError, match=reason):
            regular_file(path)
