"""The family: the items that are judged together, wherever each of them runs."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self


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

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Inverse of `to_dict`."""
        return cls(data["size"], data["partition"])
