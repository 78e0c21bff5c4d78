"""The state of an unfinished run after its last epoch, in a folder from which the run can be resumed."""

import json
import os
import secrets
import shutil
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pytest_glue.core.file_problems import regular_file

_MANIFEST = "manifest.json"
_CHUNK = 2**20


class ResumeState:
    """The folder of one run's state, and notes about its use.

    A state is a folder of files with a manifest. It is written under a temporary name and then renamed, so the folder
    holds a complete state, or none, whenever the process is killed.
    """

    def __init__(self, folder: Path, key: str) -> None:
        """Create the object, but not the folder.

        Args:
            folder: of this run only; created with the first state.
            key: identifies the run. A state with another key is not used.
        """
        self.folder = folder
        self._key = key
        self._notes: dict[str, None] = {}

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader should know: that the run was resumed, or why it could not be."""
        return tuple(self._notes)

    def note(self, text: str) -> None:
        """Add a note, once."""
        self._notes[text] = None

    def find(self) -> Path | None:
        """Return the folder of the last state; None if there is none.

        Remove a state that is damaged or of another run, and add a note.
        """
        states = sorted(self.folder.glob("[0-9]*"))
        if not states:
            return None
        reason = self._why_unusable(states[-1])
        if not reason:
            return states[-1]
        self.note(f"started again, since its saved state in {self.folder} {reason}")
        shutil.rmtree(self.folder, ignore_errors=True)
        return None

    @contextmanager
    def saving(self, step: int) -> Iterator[Path]:
        """Give a folder to write a state into. It replaces the last state when the context ends without an exception.

        Args:
            step: of the training, which orders states.

        Raises:
            OSError: the folder cannot be written; the last state stays.
        """
        temporary = self.folder / f".{os.getpid()}-{secrets.token_hex(4)}"  # two machines can have the same process id
        state = self.folder / f"{step:010d}"
        try:
            temporary.mkdir(parents=True)
            yield temporary
            manifest = json.dumps({"key": self._key, "files": _checksums(temporary)})
            (temporary / _MANIFEST).write_text(manifest, "utf-8")
            if state.exists():  # from another process with the same run, on a file system without locks
                shutil.rmtree(state)
            temporary.rename(state)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
        for other in self.folder.iterdir():
            if other != state:
                shutil.rmtree(other, ignore_errors=True)

    def _why_unusable(self, state: Path) -> str:
        try:
            manifest = json.loads(regular_file(state / _MANIFEST).read_text("utf-8"))
            key, files, found = manifest["key"], dict(manifest["files"]), _checksums(state)
        except (OSError, ValueError, KeyError, TypeError) as error:
            return f"is damaged ({error!r})"
        if key != self._key:
            return "is of another run"
        changed = sorted(name for name in {*files, *found} if files.get(name) != found.get(name))
        return f"is damaged: {', '.join(changed)} changed since it was written" if changed else ""


def _checksums(folder: Path) -> dict[str, list[int]]:
    """Return size and checksum of each file except the manifest, by name."""
    return {path.name: _checksum(path) for path in sorted(folder.iterdir()) if path.name != _MANIFEST}


def _checksum(path: Path) -> list[int]:
    # This detects damage, not tampering. A cryptographic digest would take seven times as long, in each epoch.
    size = checksum = 0
    with regular_file(path).open("rb") as file:
        while chunk := file.read(_CHUNK):
            size, checksum = size + len(chunk), zlib.crc32(chunk, checksum)
    return [size, checksum]
