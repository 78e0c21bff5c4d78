"""Spreading work: list scheduling, the dearest first, which ends at most a third later than the best plan there is.

Source: Graham 1969, "Bounds on Multiprocessing Timing Anomalies".
"""

import heapq
from collections.abc import Iterable, Iterator, Sequence


def assign_lpt(costs: Sequence[float], parts: int) -> list[int]:
    """Return the part that each piece of work falls to, counted from 0.

    Args:
        costs: of the pieces, the dearest first.
        parts: how many there are.
    """
    return list(_planned([0.0] * parts, costs))


def next_item(worker: int, free_s: Sequence[float], costs: Iterable[float]) -> int | None:
    """Return the first piece of work that falls to a worker; None where all of it falls to others.

    Args:
        worker: its place among the workers.
        free_s: when each worker will be done with what it has.
        costs: of the pieces that no worker has, the dearest first; looked at as far as need be.
    """
    return next((piece for piece, chosen in enumerate(_planned(free_s, costs)) if chosen == worker), None)


def _planned(free_s: Sequence[float], costs: Iterable[float]) -> Iterator[int]:
    """Yield who takes each piece: whoever is free first, and of several the first."""
    queue = [(free, worker) for worker, free in enumerate(free_s)]
    heapq.heapify(queue)
    for cost in costs:
        free, worker = queue[0]
        yield worker
        heapq.heapreplace(queue, (free + cost, worker))
