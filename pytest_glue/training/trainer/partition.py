"""Pure functions that cut a batch of ascending lengths into contiguous parts."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cost:
    """The cost of computing a part, in tokens."""

    fixed: float
    """Of each part, whatever its size."""
    padded: bool
    """Whether the examples of a part are padded to its longest."""
    limit: float
    """The most tokens that fit into memory. A single example may exceed it."""

    def tokens(self, lengths: Sequence[int]) -> int:
        """Return how many tokens a part of these examples computes."""
        return len(lengths) * max(lengths) if self.padded else sum(lengths)


def partition(lengths: Sequence[int], cost: Cost) -> list[slice]:
    """Return the contiguous parts with the lowest total cost, in order.

    Args:
        lengths: of the examples, ascending.
        cost: of a part. A large `fixed` gives a single part.
    """
    if not cost.padded and sum(lengths) <= cost.limit:
        return [slice(0, len(lengths))]
    best, begins = [0.0], [0]
    for end in range(1, len(lengths) + 1):
        choices = [
            (best[begin] + cost.fixed + tokens, begin)
            for begin in range(end)
            if (tokens := cost.tokens(lengths[begin:end])) <= cost.limit or end - begin == 1
        ]
        least, begin = min(choices)
        best.append(least)
        begins.append(begin)
    parts, end = [], len(lengths)
    while end:
        parts.append(slice(begins[end], end))
        end = begins[end]
    return parts[::-1]


def fill(lengths: Sequence[int], cost: Cost) -> list[slice]:
    """Return contiguous parts of ascending lengths, each as large as the limit allows, in order."""
    parts, begin = [], 0
    total = 0
    for end, length in enumerate(lengths):
        total += length
        tokens = (end + 1 - begin) * length if cost.padded else total
        if tokens > cost.limit and end > begin:
            parts.append(slice(begin, end))
            begin, total = end, length
    return [*parts, slice(begin, len(lengths))]
