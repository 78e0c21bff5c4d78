"""Parcels: a user's folders on their way to machines that may not have them, each sent once."""

import hashlib
import secrets
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pytest_glue.core.checkpoints import Checkpoint, Origin
from pytest_glue.core.tasks import Task
from pytest_glue.data.folder import FolderSource
from pytest_glue.data.source import open_source
from pytest_glue.training.pretrained import files_of_folder

Content = Mapping[str, bytes]
"""What files hold, by their names as seen from the folder."""


@dataclass(frozen=True, slots=True)
class FileArchive:
    """A folder with those of its files that are needed."""

    name: str
    """As the user wrote it."""
    folder: Path
    """The absolute path that this is, where it was packed."""
    digests: Mapping[str, str]
    """SHA-256 of each file, by its name as seen from the folder."""
    content: Any
    """What the content can be fetched by."""

    @property
    def digest(self) -> str:
        """Of all names and contents."""
        return hashlib.sha256(repr(sorted(self.digests.items())).encode()).hexdigest()


def pack(name: str, folder: Path, files: Sequence[Path], put: Callable[[Content], Any]) -> FileArchive:
    """Return a parcel of a folder.

    Args:
        name: as the user wrote it.
        folder: that it means.
        files: below the folder.
        put: takes the content, and returns what it can be fetched by.

    Raises:
        OSError: a file cannot be read.
    """
    folder = folder.absolute()
    content = {file.absolute().relative_to(folder).as_posix(): file.read_bytes() for file in files}
    digests = {file: hashlib.sha256(content[file]).hexdigest() for file in content}
    return FileArchive(name, folder, digests, put(content))


def unpack(archive: FileArchive, fetch: Callable[[Any], Content], shelf: Path) -> Path:
    """Return a folder of this machine that holds what the parcel does: the same path, or else a copy on a shelf.

    The copy has the path's own parts below it, so that what is called by its last parts is called the same here.

    Args:
        archive: what is needed.
        fetch: returns the content, by what the parcel has of it; called only where this machine has not got it.
        shelf: where copies are put.
    """
    if _holds(archive.folder, tuple(sorted(archive.digests.items()))):
        return archive.folder
    copy = shelf / archive.digest[:16]
    folder = copy.joinpath(*archive.folder.parts[1:])
    if not copy.is_dir():
        aside = shelf / f".{secrets.token_hex(8)}"
        for file, content in fetch(archive.content).items():
            path = aside.joinpath(*archive.folder.parts[1:], file)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        try:
            aside.rename(copy)
        except OSError:  # another process of this machine was faster
            shutil.rmtree(aside)
    return folder


def files_of_checkpoint(checkpoint: Checkpoint) -> list[Path]:
    """Return the files of a checkpoint that has to be sent; none for what every machine can get for itself.

    Raises:
        CheckpointError: some are missing.
    """
    return [checkpoint.folder / name for name in files_of_folder(checkpoint)] if _is_folder(checkpoint) else []


def files_of_data(name: str, tasks: Sequence[Task]) -> list[Path]:
    """Return the files of a data folder that these tasks need; none for what every machine can get for itself.

    Raises:
        DataError: a task is not there.
    """
    source = open_source(name)
    return sorted({file for task in tasks for file in source.files(task)}) if isinstance(source, FolderSource) else []


def _is_folder(checkpoint: Checkpoint) -> bool:
    return checkpoint.origin is Origin.FOLDER


@cache
def _holds(folder: Path, digests: tuple[tuple[str, str], ...]) -> bool:
    """Whether a folder holds these files; asked once a process."""
    try:
        return all(hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest for name, digest in digests)
    except OSError:
        return False
