"""The place of the store where none is named: a folder of the user's that may be deleted at any time."""

import os
import sys
from pathlib import Path

from pytest_glue.config.options import Options

VARIABLE = "PYTEST_GLUE_CACHE"
"""The environment variable that names another folder."""


def folder_of(options: Options) -> Path:
    """Return the folder of an item's store."""
    return options.cache_dir or default_folder()


def default_folder() -> Path:
    """Return the folder that `PYTEST_GLUE_CACHE` names, or the one of the platform's caches."""
    if named := os.environ.get(VARIABLE):
        return Path(named).expanduser()
    return _caches() / "pytest-glue" / "runs"


def _caches() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    named = os.environ.get("XDG_CACHE_HOME", "")
    return Path(named) if Path(named).is_absolute() else Path.home() / ".cache"
