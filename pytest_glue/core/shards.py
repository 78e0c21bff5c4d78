"""Shards: the parts into which several machines divide the items of a test run."""

import re
from dataclasses import dataclass
from typing import Self

from pytest_glue.core.errors import OptionError


@dataclass(frozen=True, slots=True)
class Shard:
    """One of several shards."""

    part: int
    """Counted from 1."""
    parts: int

    @classmethod
    def parse(cls, text: object) -> Self:
        """Return the shard that `K/N` names.

        Raises:
            OptionError: the text has another form, or K is not from 1 to N.
        """
        found = re.fullmatch(r"\s*(\d{1,9})\s*/\s*(\d{1,9})\s*", text) if isinstance(text, str) else None
        if found is None or not 1 <= int(found[1]) <= int(found[2]):
            raise OptionError(f"{text!r}: expected K/N, the K-th of N shards, as in 1/5 to 5/5")
        return cls(int(found[1]), int(found[2]))

    def __str__(self) -> str:
        """Return the text that `parse` reads."""
        return f"{self.part}/{self.parts}"
