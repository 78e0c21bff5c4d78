"""Cache entries: a finished run with its key, as bytes with a digest."""

import hashlib
import json
import re
import zlib
from dataclasses import dataclass
from typing import Self

from pytest_glue.cache.key import Key
from pytest_glue.core.runs import Run, RunConditions
from pytest_glue.core.serialization import from_plain, to_plain

VERSION = 1


class EntryError(Exception):
    """Bytes are not a cache entry; the message begins with "is" or "was" and says what is wrong."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A run with all that a report and a verdict need."""

    key: Key
    conditions: RunConditions
    run: Run
    trained_with: str = ""
    """The task whose fine-tuning also gave this run; empty if the fine-tuning was the run's own."""
    test_run: str = ""
    """The id of the test run that made it."""

    def to_bytes(self) -> bytes:
        """Return a line with version and digest, followed by the entry as compressed JSON."""
        payload = zlib.compress(json.dumps(to_plain(self)).encode(), level=6)
        return f"pytest-glue run {VERSION} {hashlib.sha256(payload).hexdigest()}\n".encode() + payload

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        """Inverse of `to_bytes`.

        Raises:
            EntryError: the bytes were not written by `to_bytes` of this version, or changed since.
        """
        head, _, payload = content.partition(b"\n")
        found = re.fullmatch(rb"pytest-glue run (\d+) (\S+)", head)
        if found is None:
            raise EntryError("is damaged: it does not begin like a cache entry")
        version, digest = (part.decode() for part in found.groups())
        if version != str(VERSION):
            message = f"was written by another version of pytest-glue (format {version}, this one reads {VERSION})"
            raise EntryError(message)
        if digest != hashlib.sha256(payload).hexdigest():
            raise EntryError("is damaged: its contents do not match its digest")
        try:
            entry = from_plain(json.loads(zlib.decompress(payload)), cls)
        except (zlib.error, ValueError) as error:
            raise EntryError(f"is damaged: {error}") from None
        entry._check()
        return entry

    def _check(self) -> None:
        sizes = {len(self.run.predictions), len(self.conditions.references), self.conditions.n_eval}
        if len(sizes) > 1 or self.run.seed != self.key.seed:
            raise EntryError("is damaged: its parts do not match")
