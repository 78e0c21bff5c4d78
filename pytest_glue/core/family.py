"""The family of tests: all items of a test run that share the error rate."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Family:
    """The family of tests that an item belongs to."""

    n_tests: int
    """The number of evaluated items in all shards together."""
    shard_digest: str | None = None
    """`sha256:...` of the items of each shard; None without shards."""

    @classmethod
    def of_shards(cls, n_tests: int, shards: Sequence[Sequence[str]]) -> Self:
        """Return the family of a test run with shards.

        Args:
            n_tests: the number of evaluated items.
            shards: the node ids of all items of each shard.
        """
        text = json.dumps([sorted(shard) for shard in shards])
        return cls(n_tests, f"sha256:{hashlib.sha256(text.encode()).hexdigest()}")

    def to_dict(self) -> dict[str, Any]:
        """Return the field `family` of the JSON report."""
        return {"size": self.n_tests, "partition": self.shard_digest}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Return the family that `to_dict` wrote."""
        return cls(data["size"], data["partition"])
