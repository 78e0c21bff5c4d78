"""Resolves a checkpoint to its files on this machine, and to the digest that identifies them."""

import atexit
import hashlib
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from pytest_glue.core.checkpoints import Checkpoint, Origin
from pytest_glue.core.errors import CheckpointError
from pytest_glue.integrations.hub import Kind, Repository, Snapshot, fetch

CONFIG = "config.json"
TOKENIZER_CONFIG = "tokenizer_config.json"

VOCABULARIES = ("tokenizer.json", "vocab.txt", "vocab.json", "*.model", "*.spm", "prophetnet.tokenizer", "tekken.json")
"""File names, of which a tokenizer needs at least one."""

TOKENIZER_EXTRAS = (
    *("tokenizer*.json", "special_tokens_map.json", "added_tokens.json", "merges.txt", "bpe.codes", "dict.txt"),
    *("*vocab*.json", "word_*.json", "byte_maps.json", "emoji.json"),
)
"""Names of further files that some tokenizers read."""

WITHOUT_VOCABULARY = frozenset({"ByT5Tokenizer", "CanineTokenizer", "PerceiverTokenizer"})
"""Tokenizers of bytes or characters, which have no vocabulary file."""

WEIGHTS = ("model.safetensors", "pytorch_model.bin")
"""In the order in which transformers looks for them. Each can be split into numbered files with an index."""

Recall = Callable[[Sequence[Path], Callable[[], str]], str]
"""Returns the digest of files: a known one, or else the result of the given function, which reads them."""

SAVE = "`model.save_pretrained(FOLDER)` and `tokenizer.save_pretrained(FOLDER)` write what is needed"


@dataclass(frozen=True, slots=True)
class Pretrained:
    """A checkpoint on this machine."""

    checkpoint: Checkpoint
    """With its digest. For one from the hub, the revision is the commit."""
    folder: Path
    notes: tuple[str, ...] = ()
    """What a reader should know, for example that the hub was offline."""


def check_checkpoint(checkpoint: Checkpoint) -> None:
    """Check that a local folder has files for config, weights and tokenizer. Checkpoints of other origins pass.

    Raises:
        CheckpointError: files are missing. The message lists those that exist.
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
        CheckpointError: files are missing.
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
            return _identified(checkpoint, folder, choose(_names(folder), checkpoint.label), recall)


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


def choose(names: Sequence[str], where: str) -> tuple[str, ...]:
    """Return the names of the files that a fine-tuning reads, sorted: config, tokenizer and one format of weights.

    Files in subfolders do not count.

    Raises:
        CheckpointError: one of the three is missing.
    """
    patterns = (*VOCABULARIES, *TOKENIZER_EXTRAS)
    tokenizer = [name for name in names if "/" not in name and any(fnmatch(name, pattern) for pattern in patterns)]
    weights = _weights(names, where)
    for files, what in (
        ([CONFIG] if CONFIG in names else [], CONFIG),
        (weights, f"weights ({' or '.join(WEIGHTS)})"),
        (tokenizer, f"tokenizer ({', '.join(VOCABULARIES[:4])}, ...)"),
    ):
        if not files:
            raise CheckpointError(f"{where} has no {what}; there: {_listed(names)}. {SAVE}")
    return tuple(sorted({CONFIG, *tokenizer, *weights}))


def _weights(names: Sequence[str], where: str) -> list[str]:
    for single in WEIGHTS:
        if single in names:
            return [single]
        stem, _, suffix = single.rpartition(".")
        index = f"{single}.index.json"
        if index in names:
            numbers = [re.fullmatch(rf"{stem}-\d+-of-(\d+)\.{suffix}", name) for name in names]
            parts = [number for number in numbers if number]
            if not parts or len(parts) != int(parts[0][1]):
                raise CheckpointError(f"{where}: only {len(parts)} of the files that {index} names exist; {SAVE}")
            return [index, *(part[0] for part in parts)]
    return []


@cache
def _from_hub(checkpoint: Checkpoint) -> Snapshot:
    repository = Repository(Kind.MODEL, checkpoint.name, checkpoint.revision)
    snapshot = fetch(repository, lambda names: choose(names, f"the hub's {checkpoint.label}"))
    _require_vocabulary(snapshot.folder, snapshot.files, f"the hub's {checkpoint.label}")
    return snapshot


def files_of_folder(checkpoint: Checkpoint) -> tuple[str, ...]:
    """Return the names of the files that a fine-tuning reads from a checkpoint's folder.

    Raises:
        CheckpointError: some are missing. The message lists those that exist.
    """
    folder, where = checkpoint.folder, f"checkpoint {checkpoint.name}"
    if not folder.is_dir():
        state = "is a file" if folder.exists() else "does not exist"
        raise CheckpointError(f"{where} {state}: give a folder, a hub id (`owner/name`) or `sample`")
    files = choose(_names(folder), where)
    _require_vocabulary(folder, files, where)
    return files


def _require_vocabulary(folder: Path, files: Sequence[str], where: str) -> None:
    """Check that there is a vocabulary: without one, transformers silently builds a tokenizer with no words."""
    if any(fnmatch(name, pattern) for name in files for pattern in VOCABULARIES):
        return
    known = json.loads((folder / TOKENIZER_CONFIG).read_text("utf-8")) if TOKENIZER_CONFIG in files else {}
    if known.get("tokenizer_class") not in WITHOUT_VOCABULARY:
        raise CheckpointError(f"{where} has no vocabulary ({', '.join(VOCABULARIES[:4])}, ...); {SAVE}")


@cache
def _sample_folder() -> Path:
    from pytest_glue.sample.checkpoint import write_sample_checkpoint

    temporary = TemporaryDirectory(prefix="pytest-glue-sample-")
    atexit.register(temporary.cleanup)
    write_sample_checkpoint(Path(temporary.name))
    return Path(temporary.name)


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


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.is_file())


def _listed(names: Sequence[str]) -> str:
    shown = sorted(name for name in names if not name.startswith("."))
    return ", ".join(shown[:12]) + (f" and {len(shown) - 12} more" if len(shown) > 12 else "") or "nothing"
