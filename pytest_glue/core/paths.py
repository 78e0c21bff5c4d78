"""Paths: files that are replaced atomically, and local copies of folders of another machine."""

import errno
import os
import secrets
import stat
from collections.abc import Mapping
from pathlib import Path

_COPIES: dict[str, Path] = {}
"""Local copies by the path that the user gave."""


def replace_file(path: Path, content: str | bytes) -> None:
    """Write a file atomically: a reader sees the old or the new content, even if this process is killed.

    Text is written as UTF-8. A missing folder is created.

    Raises:
        OSError: the folder or the file cannot be written; an existing file keeps its content.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}")  # machines share process ids
    try:
        temporary.write_bytes(content.encode() if isinstance(content, str) else content)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def regular_file(path: Path) -> Path:
    """Return the path of a file that can be read to its end: reading a FIFO or a terminal may wait forever.

    Raises:
        OSError: there is no such file, or it is something else; `strerror` says what.
    """
    try:
        mode = path.stat().st_mode
    except ValueError as error:  # a NUL character
        raise FileNotFoundError(errno.ENOENT, str(error)) from None
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, "it is a folder, not a file")
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, f"it is {_KINDS.get(stat.S_IFMT(mode), 'a special file')}, not a regular file")
    return path


_KINDS = {stat.S_IFIFO: "a FIFO", stat.S_IFSOCK: "a socket", stat.S_IFCHR: "a device", stat.S_IFBLK: "a device"}


def local_path(path: str) -> Path:
    """Return the local copy of a folder that the user named, or the path itself if there is no copy."""
    return _COPIES.get(path) or Path(path).expanduser()


def register_relocated(copies: Mapping[str, Path]) -> None:
    """Register the local copies of folders, by the path that the user gave."""
    _COPIES.update(copies)
