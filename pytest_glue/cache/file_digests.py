"""Digests of large files, cached by path, size and times so that unchanged files are not read again."""

import hashlib
import re
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pytest_glue.cache.storage import folder_of
from pytest_glue.config.options import Options
from pytest_glue.core.choices import CachePolicy
from pytest_glue.core.file_problems import regular_file
from pytest_glue.core.paths import replace_file

_SETTLED_S = 2.0
"""A younger file may change again within the resolution of its times."""

_MAX_AGE_S = 60 * 24 * 60 * 60.0
"""Older entries are deleted: the files may be gone."""


@dataclass(frozen=True, slots=True)
class FileDigests:
    """A folder with a small file for each digest."""

    folder: Path

    def of(self, files: Sequence[Path], read: Callable[[], str]) -> str:
        """Return the cached digest of unchanged files, or compute it.

        Each change of a file changes its inode's time, which no user can set, and a copy has another inode.

        Args:
            files: all that the digest depends on.
            read: computes the digest, `sha256:...`.
        """
        stats = [file.stat() for file in files]
        facts = [(stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns) for stat in stats]
        name = hashlib.sha256(repr([list(map(str, files)), facts]).encode()).hexdigest()
        path = self.folder / f"{name}.digest"
        with suppress(OSError, UnicodeDecodeError):
            cached = re.fullmatch(r"(sha256:[0-9a-f]{64}) ([0-9a-f]{64})\n", regular_file(path).read_text("ascii"))
            if cached and cached[2] == _checksum(name, cached[1]):
                return cached[1]
        digest = read()
        now = time.time()
        if now - max(max(stat.st_mtime, stat.st_ctime) for stat in stats) > _SETTLED_S:
            with suppress(OSError):
                replace_file(path, f"{digest} {_checksum(name, digest)}\n")
                for other in self.folder.glob("*.digest"):
                    if now - other.stat().st_mtime > _MAX_AGE_S:
                        other.unlink()
        return digest


def file_digests_of(options: Options) -> Callable[[Sequence[Path], Callable[[], str]], str]:
    """Return a function like `FileDigests.of` for the options' cache; without a cache, one that always computes."""
    if options.cache is CachePolicy.OFF:
        return lambda _, read: read()
    return FileDigests(folder_of(options) / "digests").of


def _checksum(name: str, digest: str) -> str:
    """Return a checksum that shows whether the cached digest was changed or renamed."""
    return hashlib.sha256(f"{name} {digest}".encode()).hexdigest()
