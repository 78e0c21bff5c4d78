"""What is wrong with a file that a user gave."""

import errno
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pytest_glue.core.errors import BaselineError, GlueError

_LFS = b"version https://git-lfs.github.com/spec/"

_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (lambda mode: stat.S_ISCHR(mode) or stat.S_ISBLK(mode), "a device"),
)


def file_problem(path: Path) -> str:
    """Return why a file cannot be what its name says, as in "is empty"; an empty text if nothing is wrong.

    Only a regular file is opened, so that a named pipe cannot block.
    """
    try:
        if problem := _kind_problem(path):
            return problem
        with path.open("rb") as file:
            start = file.read(len(_LFS))
    except FileNotFoundError:
        return "is a link to a file that does not exist" if path.is_symlink() else "does not exist"
    except (OSError, ValueError) as error:  # a path with a null character is a ValueError
        return f"cannot be read ({getattr(error, 'strerror', None) or error})"
    if start == _LFS:
        return "is a Git LFS pointer, not the file itself: run `git lfs pull` in its repository"
    return "" if start else "is empty"


def regular_file(path: Path) -> Path:
    """Return a path, after checking that it can be read to its end: reading a named pipe or a device may not end.

    Raises:
        OSError: there is no such file, or it is something else; `strerror` says what.
    """
    try:
        problem = _kind_problem(path)
    except ValueError as error:  # a null character
        raise FileNotFoundError(errno.ENOENT, str(error)) from None
    if problem:
        raise OSError(errno.EINVAL, f"it {problem}")
    return path


@contextmanager
def naming_edits(what: str, remedy: str, kind: type[GlueError]) -> Iterator[None]:
    """Raise an error of a kind for what the values of a file cause that somebody edited.

    Args:
        what: the file, as the beginning of the message.
        remedy: what to do.
        kind: of the error.
    """
    try:
        yield
    except (ArithmeticError, AttributeError, BaselineError, LookupError, TypeError, ValueError) as error:
        cause = f"it has no {error}" if isinstance(error, KeyError) else error
        raise kind(f"{what} was edited or is damaged: {cause}; {remedy}") from None


def _kind_problem(path: Path) -> str:
    mode = path.stat().st_mode
    if stat.S_ISREG(mode):
        return ""
    kind = next((name for is_kind, name in _KINDS if is_kind(mode)), "no regular file")
    return f"is {kind}, and a file is needed"
