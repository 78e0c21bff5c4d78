"""The family of tests: all items of a test run that share the error rate."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Family:
    """The family of tests that an item belongs to."""

    size: int
    """The number of evaluated items in all shards together."""
    partition: str | None = None
    """`sha256:...` of the items of each shard; None without shards."""

    @classmethod
    def of_shards(cls, size: int, shards: Sequence[Sequence[str]]) -> Self:
        """Return the family of a test run with shards.

        Args:
            size: the number of evaluated items.
            shards: the node ids of all items of each shard.
        """
        text = json.dumps([sorted(shard) for shard in shards])
        return cls(size, f"sha256:{hashlib.sha256(text.encode()).hexdigest()}")
