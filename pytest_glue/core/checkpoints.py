"""Checkpoints: what a user may name, and what identifies the thing that was named."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Self

from pytest_glue.core.errors import CheckpointError
from pytest_glue.core.paths import local_path

SAMPLE = "sample"


class Origin(StrEnum):
    """Where a checkpoint comes from."""

    HUB = "hub"
    FOLDER = "folder"
    SAMPLE = "sample"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A pretrained model and its tokenizer: the thing under test."""

    name: str
    """A hub id, a folder as the user wrote it, or `sample`."""

    origin: Origin

    revision: str | None = None
    """A branch, tag or commit as asked for; the commit once it is resolved. None for a folder."""

    digest: str | None = None
    """`sha256:...` of the files that a fine-tuning reads; None until they have been read."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what a user wrote: `sample`, a folder, a hub id or `id@revision`.

        A folder is what exists as one, or what can be nothing else: a path that starts with a dot, a slash or `~`.

        Raises:
            CheckpointError: the text is neither.
        """
        text = text.strip()
        if text == SAMPLE:
            return cls(SAMPLE, Origin.SAMPLE)
        if text and (text[0] in "./~\\" or Path(text).is_absolute() or Path(text).is_dir()):
            return cls(text, Origin.FOLDER)
        name, at, revision = text.partition("@")
        if not re.fullmatch(r"[\w.-]+(/[\w.-]+)?", name) or (at and not re.fullmatch(r"[\w./-]+", revision)):
            message = (
                f"checkpoint {text!r} is neither a folder nor a hub id: "
                f"expected `owner/name`, `owner/name@revision`, an existing folder, or `{SAMPLE}`"
            )
            raise CheckpointError(message)
        return cls(name, Origin.HUB, revision or None)

    @property
    def folder(self) -> Path:
        """The folder of a checkpoint that is one."""
        return local_path(self.name)

    @property
    def label(self) -> str:
        """What a person reads: the name, and the revision in short."""
        name = self.folder.resolve().name if self.origin is Origin.FOLDER else self.name
        return f"{name}@{_short(self.revision)}" if self.revision else name

    def __str__(self) -> str:
        """Return the text that `parse` reads."""
        return f"{self.name}@{self.revision}" if self.revision else self.name

    def identified(self, *, revision: str | None, digest: str) -> Self:
        """Return this checkpoint with its identity."""
        return replace(self, revision=revision, digest=digest)


def ids(checkpoints: Iterable[Checkpoint]) -> dict[str, Checkpoint]:
    """Return the checkpoints by their ids, sorted: short, unique, safe in a shell, a file name and `-k`.

    A folder goes by its last part, with as many parents as it takes to tell it from the others.
    """
    distinct = list(dict.fromkeys(checkpoints))
    named = {_id(checkpoint, parts=1): checkpoint for checkpoint in distinct}
    parts = 1
    while len(named) < len(distinct):
        parts += 1
        named = {_id(checkpoint, parts): checkpoint for checkpoint in distinct}
        if parts > max(len(checkpoint.folder.resolve().parts) for checkpoint in distinct):
            clash = ", ".join(checkpoint.name for checkpoint in distinct)
            message = f"these checkpoints cannot be told apart by their names: {clash}; give each of them once"
            raise CheckpointError(message)
    return dict(sorted(named.items()))


def _id(checkpoint: Checkpoint, parts: int) -> str:
    if checkpoint.origin is Origin.FOLDER:
        text = "-".join(checkpoint.folder.resolve().parts[-parts:])
    else:
        text = checkpoint.name + (f"-{_short(checkpoint.revision)}" if checkpoint.revision else "")
    return re.sub(r"[^\w.-]+", "-", text).strip("-")


def _short(revision: str | None) -> str:
    is_commit = revision is not None and re.fullmatch(r"[0-9a-f]{40}", revision)
    return (revision or "")[:7] if is_commit else (revision or "")
