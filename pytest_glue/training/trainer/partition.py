"""Partition: how a batch that is sorted by length is cut into parts, each computed on its own."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cost:
    """What computing a part costs, in tokens."""

    fixed: float
    """Of each part, however small it is."""
    padded: bool
    """Whether the examples of a part are padded to its longest."""
    limit: float
    """The most tokens that a part of several examples may have: what fits into memory."""

    def tokens(self, lengths: Sequence[int]) -> int:
        """Return the tokens that a part of these examples computes."""
        return len(lengths) * max(lengths) if self.padded else sum(lengths)


def partition(lengths: Sequence[int], cost: Cost) -> list[slice]:
    """Return the contiguous parts that cost least in all, in order.

    Args:
        lengths: of the examples, ascending.
        cost: of a part; where `fixed` is large, there is one part.
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


def filled(lengths: Sequence[int], cost: Cost) -> list[slice]:
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
