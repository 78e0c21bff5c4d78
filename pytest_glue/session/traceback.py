"""Tracebacks of errors in a user's code: the frames of the plugin, which called it, are left out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

_PACKAGE = Path(__file__).parents[1]


def hide_plugin_frames(excinfo: pytest.ExceptionInfo[BaseException], root: Path) -> None:
    """Leave the plugin's frames out of a traceback that reaches code of the user; keep any other traceback.

    Args:
        excinfo: of the error.
        root: the folder of the user's code; libraries that are installed below it are not the user's.
    """
    traceback = excinfo.traceback
    paths = [Path(entry.path) for entry in traceback]
    last = max((index for index, path in enumerate(paths) if path.is_relative_to(_PACKAGE)), default=-1)
    if any(path.is_relative_to(root) and "site-packages" not in path.parts for path in paths[last + 1 :]):
        excinfo.traceback = traceback.filter(lambda entry: not Path(entry.path).is_relative_to(_PACKAGE))
