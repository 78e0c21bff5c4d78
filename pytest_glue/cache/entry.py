"""An entry of the store: a finished run with its key, as bytes that tell when they are not what was written."""

import hashlib
import json
import re
import zlib
from dataclasses import dataclass
from typing import Any, Self

from pytest_glue.cache.key import Key
from pytest_glue.core.checkpoints import Checkpoint, Origin
from pytest_glue.core.runs import Run, RunConditions, as_object

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
        payload = zlib.compress(json.dumps(self, default=as_object).encode(), level=6)
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
            entry = cls._from_dict(json.loads(zlib.decompress(payload)))
        except (zlib.error, ValueError, KeyError, TypeError, AttributeError) as error:
            raise EntryError(f"is damaged: it lacks what an entry holds ({error!r})") from None
        entry._check()
        return entry

    @classmethod
    def _from_dict(cls, data: dict[str, Any]) -> Self:
        recorded = data["conditions"]
        checkpoint = recorded["checkpoint"]
        conditions = {
            **recorded,
            "checkpoint": Checkpoint(**{**checkpoint, "origin": Origin(checkpoint["origin"])}),
            "references": tuple(recorded["references"]),
            "notes": tuple(recorded["notes"]),
        }
        added = (data.get("trained_with", ""), data.get("test_run", ""))
        return cls(Key(**data["key"]), RunConditions(**conditions), Run.from_dict(data["run"]), *added)

    def _check(self) -> None:
        """Make sure that the parts belong together."""
        sizes = {len(self.run.predictions), len(self.conditions.references), self.conditions.n_eval}
        if len(sizes) > 1 or self.run.seed != self.key.seed:
            raise EntryError("is damaged: it contradicts itself")
