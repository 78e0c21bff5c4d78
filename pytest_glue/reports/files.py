"""The files of reports: checked before anything is trained, and replaced atomically."""

import os
from collections.abc import Mapping
from pathlib import Path

from pytest_glue.core.errors import OptionError, ReportError
from pytest_glue.core.paths import replace_file


def write_report(path: Path, content: bytes, name: str, *, is_final: bool = True) -> None:
    """Replace a report atomically, so that no reader sees half of it. Links are followed.

    What is no regular file, such as `/dev/stdout`, is written in place, and only if the report is final: a reader
    of a pipe expects one report.

    Args:
        path: of the file.
        content: of the file.
        name: of the kind of report, for the message.
        is_final: whether no other version follows.

    Raises:
        ReportError: the file cannot be written.
    """
    try:
        if not _is_special(path):
            replace_file(Path(os.path.realpath(path)), content)
        elif is_final:
            _write_in_place(path, content)
    except OSError as error:
        raise ReportError(_unwritable(path, error, name)) from error


def _write_in_place(path: Path, content: bytes) -> None:
    """Write to a device or a pipe; a pipe without a reader raises instead of waiting for one."""
    descriptor = os.open(path, os.O_WRONLY | getattr(os, "O_NONBLOCK", 0))
    with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor has no path
        if hasattr(os, "set_blocking"):
            os.set_blocking(descriptor, True)
        file.write(content)


def _is_special(path: Path) -> bool:
    return path.exists() and not path.is_file()


def check_distinct(written: Mapping[str, Path | None], read: Mapping[str, Path] | None = None) -> None:
    """Check that no file that is written is written twice, or is one that is read.

    Args:
        written: by the flag that names it; None if it is not asked for.
        read: by what it is, as in `the report`.

    Raises:
        OptionError: two names are those of one file. Devices and pipes can have several.
    """
    found = {os.path.realpath(path): what for what, path in (read or {}).items()}
    for flag, path in written.items():
        if path is None or _is_special(path):
            continue
        if (other := found.setdefault(os.path.realpath(path), flag)) == flag:
            continue
        clash = f"{other} and {flag} have the same file {path}" if other in written else f"{flag}={path} is {other}"
        raise OptionError(f"{clash}: name another one")


def check_writable(path: Path, name: str) -> None:
    """Check, before anything is trained, that a report can be written; create its folder if it is missing.

    Raises:
        ReportError: the file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            raise IsADirectoryError(21, "it is a folder")
        if _is_special(path):
            if not os.access(path, os.W_OK):
                raise PermissionError(13, "Permission denied")
            return
        path = Path(os.path.realpath(path))
        aside = path.with_name(f".{path.name}.{os.getpid()}")
        aside.touch()
        aside.unlink()
    except OSError as error:
        raise ReportError(_unwritable(path, error, name)) from error


def _unwritable(path: Path, error: OSError, name: str) -> str:
    remedy = "name a file in a writable folder"
    return f"the {name} report {str(path)!r} cannot be written: {error.strerror or error}; {remedy}"
