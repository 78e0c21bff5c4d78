"""Paths: files that are replaced atomically, and local copies of folders of another machine."""

import os
import secrets
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


def local_path(path: str) -> Path:
    """Return the local copy of a folder that the user named, or the path itself if there is no copy."""
    return _COPIES.get(path) or Path(path).expanduser()


def register_relocated(copies: Mapping[str, Path]) -> None:
    """Register the local copies of folders, by the path that the user gave."""
    _COPIES.update(copies)
