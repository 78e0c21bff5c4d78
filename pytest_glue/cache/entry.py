"""An entry of the store: a finished run with its key, as bytes that tell when they are not what was written."""

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
    """Bytes that are no entry, or not the one that was asked for; the message says what they are."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One run, and all that a report and a verdict need beside it."""

    key: Key
    conditions: RunConditions
    run: Run
    trained_with: str = ""
    """The task whose fine-tuning gave the run beside its own; empty where the run had one to itself."""
    test_run: str = ""
    """What tells the test run that made it from others."""

    def to_bytes(self) -> bytes:
        """Return a line with version and digest, and behind it the entry as compressed JSON."""
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
            raise EntryError("is damaged: it does not begin as an entry does")
        version, digest = (part.decode() for part in found.groups())
        if version != str(VERSION):
            raise EntryError(f"is of another version of pytest-glue (format {version}, this one reads {VERSION})")
        if digest != hashlib.sha256(payload).hexdigest():
            raise EntryError("is damaged: its contents do not match its digest")
        try:
            entry = from_plain(json.loads(zlib.decompress(payload)), cls)
        except (zlib.error, ValueError) as error:
            raise EntryError(f"is damaged: {error}") from None
        entry._check()
        return entry

    def _check(self) -> None:
        """Make sure that the parts belong together."""
        sizes = {len(self.run.predictions), len(self.conditions.references), self.conditions.n_eval}
        if len(sizes) > 1 or self.run.seed != self.key.seed:
            raise EntryError("is damaged: it contradicts itself")
