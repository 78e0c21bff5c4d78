"""Checkpoints: how users name them, and their ids."""

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Self

from pytest_glue.core.errors import CheckpointError
from pytest_glue.core.formatting import printable
from pytest_glue.core.paths import local_path

SAMPLE = "sample"
_LONGEST_ID = 200
"""In bytes: a file system allows 255 for a name, of which a task and an ending take some."""


class Origin(StrEnum):
    """Where a checkpoint comes from."""

    HUB = "hub"
    FOLDER = "folder"
    SAMPLE = "sample"


@dataclass(frozen=True, slots=True, repr=False)
class Checkpoint:
    """A pretrained model with its tokenizer: the thing under test."""

    name: str
    """A hub id, a folder as the user wrote it, or `sample`."""

    origin: Origin

    revision: str | None = None
    """The branch, tag or commit that the user named, until it is resolved to a commit. None for a folder."""

    digest: str | None = None
    """`sha256:...` of the files that a run reads; None until they are read."""

    role: str | None = None
    """The user's name for what is compared over time, such as `candidate`, while `name` changes with each training."""

    @classmethod
    def parse(cls, text: str, role: str | None = None) -> Self:
        """Return the checkpoint that a text names: `sample`, a folder, a hub id, `id@revision`, or `role=` and those.

        A text is a folder if that folder exists, or if it starts with a dot, a slash or `~`.

        Raises:
            CheckpointError: the text has another form.
        """
        text = text.strip()
        if text == SAMPLE:
            return cls(SAMPLE, Origin.SAMPLE, role=role)
        if text and (text[0] in "./~\\" or Path(text).is_absolute() or Path(text).is_dir()):
            return cls(text, Origin.FOLDER, role=role)
        if role is None and (parts := split_role(text))[0]:
            return cls.parse(parts[1], parts[0])
        name, at, revision = text.partition("@")
        if not re.fullmatch(r"[\w.-]+(/[\w.-]+)?", name) or (at and not re.fullmatch(r"[\w./-]+", revision)):
            raise CheckpointError(
                f"checkpoint {text!r} is neither a folder nor a hub id: "
                f"expected `owner/name`, `owner/name@revision`, an existing folder, or `{SAMPLE}`"
            )
        return cls(name, Origin.HUB, revision or None, role=role)

    @property
    def folder(self) -> Path:
        """The path of a checkpoint whose origin is a folder."""
        return local_path(self.name)

    @property
    def label(self) -> str:
        """The role or the name for people, with a short revision. A link to a folder has its own name."""
        name = self.role or (_parts(self)[-1] if self.origin is Origin.FOLDER else self.name)
        return printable(f"{name}@{_short(self.revision)}" if self.revision else name)

    def __repr__(self) -> str:
        """Return the text of the checkpoint: other plugins show it, since checkpoints are parameters of tests."""
        return printable(str(self))

    def __str__(self) -> str:
        """Return the text that `parse` reads."""
        name = f"{self.role}={self.name}" if self.role else self.name
        return f"{name}@{self.revision}" if self.revision else name

    def identified(self, *, revision: str | None, digest: str) -> Self:
        """Return this checkpoint with its resolved revision and its digest, and a name that every file can hold."""
        name = self.name.encode("utf-8", "backslashreplace").decode()  # folder names need not be valid text
        return replace(self, name=name, revision=revision, digest=digest)


def ids(checkpoints: Iterable[Checkpoint]) -> dict[str, Checkpoint]:
    """Return the checkpoints by id, sorted. Ids are unique, and safe in a shell, a file name and `-k`.

    The id is the role, if there is one. That of a folder is its last part, preceded by as many parents as needed to be
    unique.

    Raises:
        CheckpointError: two checkpoints have the same id, or an id is too long for a file name.
    """
    distinct = list(dict.fromkeys(checkpoints))
    named = {_id(checkpoint, parts=1): checkpoint for checkpoint in distinct}
    parts = 1
    while len(named) < len(distinct):
        parts += 1
        named = {_id(checkpoint, parts): checkpoint for checkpoint in distinct}
        if parts > max(len(_parts(checkpoint)) for checkpoint in distinct):
            raise CheckpointError(_same_id(distinct, parts))
    if too_long := [each for each in named if len(each.encode()) > _LONGEST_ID]:
        raise CheckpointError(
            f"the checkpoint id {too_long[0][:20]!r}... exceeds {_LONGEST_ID} bytes, and files are named after it: "
            "give the checkpoint a short role, as in candidate=FOLDER"
        )
    return dict(sorted(named.items()))


def _same_id(checkpoints: Iterable[Checkpoint], parts: int) -> str:
    """Return the message about the first two checkpoints that have the same id."""
    first: dict[str, Checkpoint] = {}
    for checkpoint in checkpoints:
        if (same := first.setdefault(_id(checkpoint, parts), checkpoint)) is not checkpoint:
            break
    pair = f"the checkpoints {same} and {checkpoint}"
    if same.origin is checkpoint.origin is Origin.FOLDER and _parts(same) == _parts(checkpoint):
        return f"{pair} are the same folder: leave out one of the two"
    remedy = "give them different roles" if same.role and checkpoint.role else "give one of them a role"
    return f"{pair} have the same id, {_id(checkpoint, parts)}: {remedy}, as in candidate={checkpoint.name}"


def _id(checkpoint: Checkpoint, parts: int) -> str:
    if checkpoint.role:
        return checkpoint.role
    if checkpoint.origin is Origin.FOLDER:
        text = "-".join(_parts(checkpoint)[-parts:])
    else:
        text = checkpoint.name + (f"-{_short(checkpoint.revision)}" if checkpoint.revision else "")
    return re.sub(r"[^\w.-]+", "-", text).strip("-")


def _parts(checkpoint: Checkpoint) -> tuple[str, ...]:
    """Return the parts of a folder's path without `.` and `..`; links are not followed, since users name them."""
    return Path(os.path.abspath(checkpoint.folder)).parts  # noqa: PTH100 - `resolve` follows links


def split_role(text: str) -> tuple[str | None, str]:
    """Return the role and the rest of `role=checkpoint`; None for a text without a role, which may be a path."""
    role, equals, rest = text.partition("=")
    if equals and re.fullmatch(r"\w[\w.-]*", role.strip()):
        return role.strip(), rest.strip()
    return None, text


def _short(revision: str) -> str:
    return revision[:7] if re.fullmatch(r"[0-9a-f]{40}", revision) else revision
