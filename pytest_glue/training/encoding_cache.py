"""The cache of encoded splits: Arrow files of `datasets`, each beside a file with its checksum."""

import errno
import hashlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datasets import Dataset, config, is_caching_enabled

from pytest_glue.core.file_problems import regular_file
from pytest_glue.core.paths import replace_file

Tokenize = Callable[[dict[str, list[Any]]], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class EncodedSplit:
    """A split as token ids."""

    examples: Dataset
    note: str = ""
    """What a reader should know about the cache; empty where it works."""


def encoded_split(split: Dataset, tokenize: Tokenize, fingerprint: str) -> EncodedSplit:
    """Return the cached split, or encode and cache it. A cache that cannot be used is never an error.

    `datasets` has no cache file of its own for data in memory, and checks none: a file that is cut short or has a
    changed bit would end in an Arrow error or in another score.

    Args:
        split: the raw examples.
        tokenize: encodes a batch of them.
        fingerprint: identifies the examples and everything that the encoding depends on.
    """

    def encode(file: Path | None, *, from_cache: bool = False) -> Dataset:
        return split.map(
            tokenize,
            batched=True,
            remove_columns=split.column_names,
            new_fingerprint=fingerprint,
            keep_in_memory=file is None,
            cache_file_name=None if file is None else str(file),
            load_from_cache_file=from_cache,
        )

    if not is_caching_enabled():
        return EncodedSplit(encode(None))
    cached = _CachedFile(Path(config.HF_DATASETS_CACHE) / "pytest-glue" / f"{fingerprint}.arrow", fingerprint)
    damage = cached.damage()
    if damage is None:
        with suppress(Exception):  # intact, but written by another version of datasets or pyarrow
            return EncodedSplit(encode(cached.path, from_cache=True))
    note = f"the cached encoded data {cached.path} {damage}; it was encoded again" if damage else ""
    try:
        cached.require_replaceable()
        encoded = encode(cached.path)
        cached.seal()
    except OSError as error:
        cause = f"{cached.path.parent} cannot be written ({error.strerror or error})"
        return EncodedSplit(encode(None), f"the encoded data is not cached: {cause}")
    return EncodedSplit(encoded, note)


@dataclass(frozen=True, slots=True)
class _CachedFile:
    """The file of an encoded split. A file beside it holds the checksum of fingerprint and content."""

    path: Path
    fingerprint: str

    def damage(self) -> str | None:
        """Return None if the file is intact, a clause if it is damaged, and "" if it was not written to its end."""
        try:
            with regular_file(self._checksum_path).open("rb") as file:
                recorded = file.read(_CHECKSUM_BYTES + 1)
            found = self._checksum()
        except FileNotFoundError:
            return ""
        except OSError as error:
            return f"cannot be read ({error.strerror or error})"
        return None if recorded == found else "does not match its checksum"

    def require_replaceable(self) -> None:
        """Check that no folder is in the place of a file.

        Raises:
            IsADirectoryError: one is: a file would be moved into it.
        """
        for path in (self.path, self._checksum_path):
            if path.is_dir():
                raise IsADirectoryError(errno.EISDIR, f"{path.name} is a folder")

    def seal(self) -> None:
        """Record the checksum of the file that was just written."""
        replace_file(self._checksum_path, self._checksum())

    @property
    def _checksum_path(self) -> Path:
        return self.path.with_suffix(".sha256")

    def _checksum(self) -> bytes:
        with regular_file(self.path).open("rb") as file:
            digest = hashlib.file_digest(file, lambda: hashlib.sha256(self.fingerprint.encode()))
        return digest.hexdigest().encode()


_CHECKSUM_BYTES = 64
