"""Digests of large files that were read before: found again by place, size and times, so that nothing is read twice."""

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
from pytest_glue.core.paths import replace_file

_SETTLED_S = 2.0
"""A file that was changed so shortly ago can change again without its times showing it."""

_KEPT_S = 60 * 24 * 60 * 60.0
"""Files come and go, and nobody says when they have gone."""


@dataclass(frozen=True, slots=True)
class FileDigests:
    """What was found, in a folder of small files; without it, everything is read each time."""

    folder: Path

    def of(self, files: Sequence[Path], read: Callable[[], str]) -> str:
        """Return a digest of files: the one that is known of them as they are, or the one that is read now.

        A change of a file changes the time of its inode, which nobody can set; a copy is another inode.

        Args:
            files: all that the digest depends on.
            read: reads them and returns `sha256:...`.
        """
        stats = [file.stat() for file in files]
        facts = [(stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns) for stat in stats]
        name = hashlib.sha256(repr([list(map(str, files)), facts]).encode()).hexdigest()
        place = self.folder / f"{name}.digest"
        with suppress(OSError, UnicodeDecodeError):
            known = re.fullmatch(r"(sha256:[0-9a-f]{64}) ([0-9a-f]{64})\n", place.read_text("ascii"))
            if known and known[2] == _seal(name, known[1]):
                return known[1]
        digest = read()
        now = time.time()
        if now - max(max(stat.st_mtime, stat.st_ctime) for stat in stats) > _SETTLED_S:
            with suppress(OSError):
                replace_file(place, f"{digest} {_seal(name, digest)}\n")
                for other in self.folder.glob("*.digest"):
                    if now - other.stat().st_mtime > _KEPT_S:
                        other.unlink()
        return digest


def file_digests_of(options: Options) -> Callable[[Sequence[Path], Callable[[], str]], str]:
    """Return what knows digests for an item: its store's, or nothing where it has none."""
    if options.cache is CachePolicy.OFF:
        return lambda _, read: read()
    return FileDigests(folder_of(options) / "digests").of


def _seal(name: str, digest: str) -> str:
    """Return what tells a digest that was kept under this name from anything else."""
    return hashlib.sha256(f"{name} {digest}".encode()).hexdigest()
