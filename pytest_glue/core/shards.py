"""The shard: which part of the items this test run has, where several machines share them."""

import re
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
            raise OptionError(f"{text!r}: expected K/N, the K-th of N parts, as in 1/5 to 5/5")
        return cls(int(found[1]), int(found[2]))

    def __str__(self) -> str:
        """Return it as a command line has it."""
        return f"{self.part}/{self.parts}"
