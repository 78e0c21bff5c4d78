"""The shard: which part of the items this test run has, where several machines share them."""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from pytest_glue.core.errors import OptionError


@dataclass(frozen=True, slots=True)
class Shard:
    """One of several parts."""

    part: int
    """Counted from 1."""
    parts: int

    @classmethod
    def parse(cls, text: object) -> Self:
        """Read `K/N`.

        Raises:
            OptionError: it is not of that form, or there is no such part.
        """
        found = re.fullmatch(r"\s*(\d+)\s*/\s*(\d+)\s*", text) if isinstance(text, str) else None
        if found is None or not 1 <= int(found[1]) <= int(found[2]):
            raise OptionError(f"{text!r}: expected K/N, the K-th of N shards, as in 1/5 to 5/5")
        return cls(int(found[1]), int(found[2]))

    def __str__(self) -> str:
        """Return it as a command line has it."""
        return f"{self.part}/{self.parts}"


@dataclass(frozen=True, slots=True)
class Family:
    """What a part of the items has to know of all of them."""

    size: int
    """How many items are evaluated, in all parts together: they share the error rate."""
    partition: str | None = None
    """`sha256:...` of which items are in which part; None where there is one part only."""

    @classmethod
    def of(cls, size: int, parts: Sequence[Sequence[str]]) -> Self:
        """Return the family of items that are shared out.

        Args:
            size: how many of them are evaluated.
            parts: the node ids of each part.
        """
        text = json.dumps([sorted(part) for part in parts])
        return cls(size, f"sha256:{hashlib.sha256(text.encode()).hexdigest()}")
