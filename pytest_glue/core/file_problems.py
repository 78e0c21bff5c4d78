"""What is wrong with a file that a user gave, found without reading more than its first bytes."""

import stat
from pathlib import Path

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
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            kind = next((name for is_kind, name in _KINDS if is_kind(mode)), "no regular file")
            return f"is {kind}, and a file is needed"
        with path.open("rb") as file:
            start = file.read(len(_LFS))
    except FileNotFoundError:
        return "is a link to a file that does not exist" if path.is_symlink() else "does not exist"
    except (OSError, ValueError) as error:  # a path with a null character is a ValueError
        return f"cannot be read ({getattr(error, 'strerror', None) or error})"
    if start == _LFS:
        return "is a Git LFS pointer, not the file itself: run `git lfs pull` in its repository"
    return "" if start else "is empty"
