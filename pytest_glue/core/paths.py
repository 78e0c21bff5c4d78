"""Files that are replaced as a whole: whoever reads one, or kills this process, never sees half of it."""

import os
import secrets
from collections.abc import Mapping
from pathlib import Path


def replace_file(path: Path, content: str | bytes) -> None:
    """Write the content (text as UTF-8) aside and rename it into place; the folder is made if it is missing.

    Raises:
        OSError: the folder or the file cannot be written; an existing file is then as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}")  # machines share process ids
    try:
        aside.write_bytes(content.encode() if isinstance(content, str) else content)
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


_RELOCATED: dict[str, Path] = {}
"""What this process was sent, by the name that the user gave it."""


def local_path(name: str) -> Path:
    """Return the folder of that name: the one that was sent here, or the path that the name is."""
    return _RELOCATED.get(name) or Path(name).expanduser()


def register_relocated(folders: Mapping[str, Path]) -> None:
    """Say where the folders lie that were sent to this machine, by the names that the user gave them."""
    _RELOCATED.update(folders)
