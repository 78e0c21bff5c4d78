"""Paths: files that are replaced atomically, and local copies of folders of another machine."""

import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from pytest_glue.core.errors import OptionError

_LONGEST_NAME = 255
"""In bytes."""
_LONGEST_PATH = 4000
"""Most systems allow 4096 bytes, of which the base folder takes some."""
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


def user_path(text: str) -> Path:
    """Return the path that a user wrote, with `~` expanded.

    Raises:
        OptionError: no file can have this path.
    """
    path = Path(text)
    if "\0" in text:
        raise OptionError(f"{text!r} contains a NUL character, which no path can contain")
    if too_long := [part for part in path.parts if len(part.encode("utf-8", "surrogatepass")) > _LONGEST_NAME]:
        message = f"the name {too_long[0][:20]!r}... is longer than {_LONGEST_NAME} bytes, the limit of file systems"
        raise OptionError(message)
    if len(text) > _LONGEST_PATH:
        raise OptionError(f"the path {text[:20]!r}... has more than {_LONGEST_PATH} characters")
    try:
        return path.expanduser()
    except RuntimeError:
        raise OptionError(f"{text!r}: {path.parts[0]} names no user of this machine; write the whole path") from None


def local_path(path: str) -> Path:
    """Return the local copy of a folder that the user named, or the path itself if there is no copy."""
    return _COPIES.get(path) or user_path(path)


def is_valid_text(path: Path) -> bool:
    """Return whether a path is valid UTF-8, links followed; libraries in Rust and C++ cannot open any other."""
    try:
        os.path.realpath(path).encode()
    except UnicodeEncodeError:
        return False
    return True


def register_relocated(copies: Mapping[str, Path]) -> None:
    """Register the local copies of folders, by the path that the user gave."""
    _COPIES.update(copies)
