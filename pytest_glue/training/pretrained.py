"""Resolves a checkpoint to its files on this machine, and to the digest that identifies them."""

import atexit
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory

from pytest_glue.core.checkpoints import Checkpoint, Origin
from pytest_glue.core.errors import CheckpointError
from pytest_glue.integrations.hub import Kind, Repository, Snapshot, fetch
from pytest_glue.training.checkpoint_files import check_files, choose, files_of_index, names_in

Recall = Callable[[Sequence[Path], Callable[[], str]], str]
"""Returns the digest of files: a known one, or else the result of the given function, which reads them."""


@dataclass(frozen=True, slots=True)
class Pretrained:
    """A checkpoint on this machine."""

    checkpoint: Checkpoint
    """With its digest. For one from the hub, the revision is the commit."""
    folder: Path
    notes: tuple[str, ...] = ()
    """What a reader should know, for example that the hub was offline."""


def check_checkpoint(checkpoint: Checkpoint) -> None:
    """Check the files of a local folder. Checkpoints of other origins pass.

    Raises:
        CheckpointError: as for `files_of_folder`.
    """
    if checkpoint.origin is Origin.FOLDER:
        files_of_folder(checkpoint)


def reading(_: Sequence[Path], read: Callable[[], str]) -> str:
    """Read the files. This is the `Recall` that knows no digest."""
    return read()


def resolve(checkpoint: Checkpoint, recall: Recall = reading) -> Pretrained:
    """Return the checkpoint's folder and digest. Download it first, at most once a process, if it is from the hub.

    A folder is listed each time, but its files are read again only if one of them has changed.

    Args:
        checkpoint: from the options.
        recall: may know the digest from another process. It is called at most once for each state of the files.

    Raises:
        CheckpointError: files are missing, or one is not what its name says.
        HubError: the hub cannot be reached, or does not have the checkpoint.
    """
    match checkpoint.origin:
        case Origin.FOLDER:
            folder = checkpoint.folder.resolve()
            return _identified(checkpoint, folder, files_of_folder(checkpoint), recall)
        case Origin.HUB:
            snapshot = _from_hub(checkpoint)
            found = _identified(checkpoint, snapshot.folder, snapshot.files, recall, snapshot.commit)
            return Pretrained(found.checkpoint, found.folder, snapshot.notes)
        case Origin.SAMPLE:
            folder = _sample_folder()
            return _identified(checkpoint, folder, choose(names_in(folder), checkpoint.label), recall)


def identify(checkpoint: Checkpoint, recall: Recall = reading) -> tuple[Checkpoint, tuple[str, ...]]:
    """Return the checkpoint with its digest, and notes for a reader, without importing torch.

    The sample checkpoint gets no digest: torch creates its files, always with the same code.

    Raises:
        GlueError: as for `resolve`.
    """
    if checkpoint.origin is Origin.SAMPLE:
        return checkpoint, ()
    pretrained = resolve(checkpoint, recall)
    return pretrained.checkpoint, pretrained.notes


@cache
def _from_hub(checkpoint: Checkpoint) -> Snapshot:
    where = f"the hub's {checkpoint.label}"
    snapshot = fetch(Repository(Kind.MODEL, checkpoint.name, checkpoint.revision), lambda names: choose(names, where))
    files = files_of_index(snapshot.folder, snapshot.files, where)
    if files != snapshot.files:
        whole = fetch(Repository(Kind.MODEL, checkpoint.name, snapshot.commit), lambda _: files)
        snapshot = replace(snapshot, folder=whole.folder, files=files)
    check_files(snapshot.folder, files, where)
    return snapshot


def files_of_folder(checkpoint: Checkpoint) -> tuple[str, ...]:
    """Return the names of the files that a fine-tuning reads from a checkpoint's folder.

    Raises:
        CheckpointError: some are missing, which lists those that exist; or one is not what its name says.
    """
    folder, where = checkpoint.folder, f"checkpoint {checkpoint.name}"
    if not folder.is_dir():
        state = "is a file" if folder.exists() else "does not exist"
        raise CheckpointError(f"{where} {state}: give a folder, a hub id (`owner/name`) or `sample`")
    files = files_of_index(folder, choose(names_in(folder), where), where)
    check_files(folder, files, where)
    return files


@cache
def _sample_folder() -> Path:
    from pytest_glue.sample.checkpoint import write_sample_checkpoint

    temporary = TemporaryDirectory(prefix="pytest-glue-sample-")
    atexit.register(temporary.cleanup)
    write_sample_checkpoint(Path(temporary.name))
    return Path(temporary.name)


def remove_sample() -> None:
    """Remove the files of the sample now; they are written again if they are needed again."""
    if _sample_folder.cache_info().currsize:
        rmtree(_sample_folder(), ignore_errors=True)
        _sample_folder.cache_clear()


def _identified(
    checkpoint: Checkpoint, folder: Path, files: Sequence[str], recall: Recall, commit: str | None = None
) -> Pretrained:
    stats = ((name, (folder / name).stat()) for name in files)
    seen = tuple((name, stat.st_size, stat.st_mtime_ns) for name, stat in stats)
    if (folder, seen) not in _DIGESTS:
        _DIGESTS[folder, seen] = recall([folder / name for name in files], lambda: _digest(folder, files))
    return Pretrained(checkpoint.identified(revision=commit, digest=_DIGESTS[folder, seen]), folder)


_DIGESTS: dict[tuple[Path, tuple[tuple[str, int, int], ...]], str] = {}
"""By folder, and name, size and modification time of its files."""


def _digest(folder: Path, files: Sequence[str]) -> str:
    """Return `sha256:...` of the files' names and contents."""
    total = hashlib.sha256()
    for name in files:
        with (folder / name).open("rb") as file:
            total.update(f"{name}\n{hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode())
    return f"sha256:{total.hexdigest()}"
