"""An unfinished run: its state after its last epoch, in a folder, from which it goes on when its process was killed."""

import json
import os
import secrets
import shutil
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_MANIFEST = "manifest.json"
_CHUNK = 2**20


class ResumeState:
    """The folder of one run, which holds a state as a whole or none, and what there is to say of it.

    A state is a folder of files beside a manifest, written aside and renamed: whenever the process is killed, the state
    of the epoch before is there until the next one is.
    """

    def __init__(self, folder: Path, key: str) -> None:
        """Take where the states of a run are.

        Args:
            folder: of this run alone; made when the first state is saved.
            key: all that determines the run; a state with another one is of no use to it.
        """
        self.folder = folder
        self._key = key
        self._notes: dict[str, None] = {}

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader should know: that the run went on, or why it could not."""
        return tuple(self._notes)

    def note(self, text: str) -> None:
        """Add a note, once."""
        self._notes[text] = None

    def find(self) -> Path | None:
        """Return the folder of the last state; None where there is none.

        One that is damaged or of another run is removed, and a note says so.
        """
        states = sorted(self.folder.glob("[0-9]*"))
        if not states:
            return None
        reason = self._why_useless(states[-1])
        if not reason:
            return states[-1]
        self.note(f"began anew, since what was left of it in {self.folder} {reason}")
        shutil.rmtree(self.folder, ignore_errors=True)
        return None

    @contextmanager
    def saving(self, step: int) -> Iterator[Path]:
        """Give a folder to write a state into, which then takes the place of the last one.

        Args:
            step: of the training, which orders states.

        Raises:
            OSError: the folder cannot be written; the last state is as it was.
        """
        aside = self.folder / f".{os.getpid()}-{secrets.token_hex(4)}"  # machines share process ids
        state = self.folder / f"{step:010d}"
        try:
            aside.mkdir(parents=True)
            yield aside
            manifest = json.dumps({"key": self._key, "files": _checksums(aside)})
            (aside / _MANIFEST).write_text(manifest, "utf-8")
            if state.exists():  # of a process that made the same run, where nothing can be locked
                shutil.rmtree(state)
            aside.rename(state)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
        for other in self.folder.iterdir():
            if other != state:
                shutil.rmtree(other, ignore_errors=True)

    def _why_useless(self, state: Path) -> str:
        try:
            manifest = json.loads((state / _MANIFEST).read_text("utf-8"))
            key, files, found = manifest["key"], dict(manifest["files"]), _checksums(state)
        except (OSError, ValueError, KeyError, TypeError) as error:
            return f"is damaged ({error!r})"
        if key != self._key:
            return "is of another run"
        changed = sorted(name for name in {*files, *found} if files.get(name) != found.get(name))
        return f"is damaged: {', '.join(changed)} changed since it was written" if changed else ""


def _checksums(folder: Path) -> dict[str, list[int]]:
    """Return size and checksum of each file but the manifest, by name."""
    return {path.name: _checksum(path) for path in sorted(folder.iterdir()) if path.name != _MANIFEST}


def _checksum(path: Path) -> list[int]:
    # What is looked for is damage, in four times the weights, each epoch: a digest would take seven times as long.
    size = checksum = 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            size, checksum = size + len(chunk), zlib.crc32(chunk, checksum)
    return [size, checksum]
