"""Places: where the folders that a user named lie on this machine, which need not be the machine that named them."""

from collections.abc import Mapping
from pathlib import Path

_MOVED: dict[str, Path] = {}
"""What this process was sent, by the name that the user gave it."""


def place_of(name: str) -> Path:
    """Return the folder of that name: the one that was sent here, or the path that the name is."""
    return _MOVED.get(name) or Path(name).expanduser()


def moved(folders: Mapping[str, Path]) -> None:
    """Say where the folders lie that were sent to this machine, by the names that the user gave them."""
    _MOVED.update(folders)
