"""Transfer of a user's folders to machines that may not have them, each folder once."""

import hashlib
import secrets
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePath
from typing import Any

from pytest_glue.core.checkpoints import Checkpoint, Origin
from pytest_glue.core.errors import ExecutorError
from pytest_glue.core.tasks import Task
from pytest_glue.data.golden import golden_file
from pytest_glue.data.source import source_of
from pytest_glue.training.pretrained import files_of_folder

Content = Mapping[str, bytes]
"""The contents of files, by their paths relative to the folder."""


@dataclass(frozen=True, slots=True)
class FileArchive:
    """The needed files of a folder."""

    name: str
    """The folder, as the user wrote it."""
    folder: Path
    """The absolute path of the folder on the machine that packed it."""
    digests: Mapping[str, str]
    """SHA-256 of each file, by its path relative to the folder."""
    content: Any
    """A reference by which the content can be fetched."""

    @property
    def digest(self) -> str:
        """SHA-256 of all names and contents."""
        return hashlib.sha256(repr(sorted(self.digests.items())).encode()).hexdigest()


def pack(name: str, folder: Path, files: Sequence[Path], put: Callable[[Content], Any]) -> FileArchive:
    """Return an archive of a folder.

    Args:
        name: as the user wrote it.
        folder: its path.
        files: the needed files, below the folder.
        put: stores the content and returns a reference to it.

    Raises:
        ExecutorError: a file cannot be read.
    """
    folder = folder.absolute()
    try:
        content = {file.absolute().relative_to(folder).as_posix(): file.read_bytes() for file in files}
    except OSError as error:
        message = f"{error.filename} cannot be sent to the machines of the cluster: {error.strerror}"
        raise ExecutorError(message) from error
    digests = {file: hashlib.sha256(content[file]).hexdigest() for file in content}
    return FileArchive(name, folder, digests, put(content))


def unpack(archive: FileArchive, fetch: Callable[[Any], Content], copies_dir: Path) -> Path:
    """Return a folder of this machine with the archive's files: the original path if it has them, or else a copy.

    The path of a copy ends with the parts of the original path, so that names made from its last parts are the same.

    Args:
        archive: the files.
        fetch: returns the content for the archive's reference; called only if this machine does not have the files.
        copies_dir: the folder for copies.
    """
    if _holds(archive.folder, tuple(sorted(archive.digests.items()))):
        return archive.folder
    copy = copies_dir / archive.digest[:16]
    folder = copy.joinpath(*archive.folder.parts[1:])
    if not copy.is_dir():
        temporary = copies_dir / f".{secrets.token_hex(8)}"
        for file, content in fetch(archive.content).items():
            path = temporary.joinpath(*archive.folder.parts[1:], file)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        try:
            temporary.rename(copy)
        except OSError:  # another process of this machine was faster
            shutil.rmtree(temporary)
    return folder


def files_of_checkpoint(checkpoint: Checkpoint) -> list[Path]:
    """Return the files of a checkpoint in a folder; empty if every machine can get the checkpoint itself.

    Raises:
        CheckpointError: some are missing.
    """
    if checkpoint.origin is not Origin.FOLDER:
        return []
    return [checkpoint.folder / name for name in files_of_folder(checkpoint)]


def files_of_data(name: str, task: Task) -> Mapping[str, Sequence[Path]]:
    """Return the local files of a task's examples by folder, and that of its golden examples.

    Empty if every machine can get the data.

    Args:
        name: the data of tasks without their own.
        task: to be run.

    Raises:
        DataError: the task is missing.
    """
    found = dict(source_of(task, name).files(task))
    if task.golden and golden_file(task).is_file():
        folder = str(PurePath(task.golden).parent)
        found[folder] = [*found.get(folder, ()), golden_file(task)]
    return found


@cache
def _holds(folder: Path, digests: tuple[tuple[str, str], ...]) -> bool:
    """Return whether the folder has these files; checked once a process."""
    try:
        return all(hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest for name, digest in digests)
    except OSError:
        return False
