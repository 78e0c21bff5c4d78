"""List scheduling, longest first: the makespan is at most 4/3 of the optimum.

Source: Graham 1969, "Bounds on Multiprocessing Timing Anomalies".
"""

import heapq
from collections.abc import Iterator, Sequence


def assign_lpt(costs: Sequence[float], n: int) -> list[int]:
    """Return which of n shards each job is assigned to, counted from 0.

    Args:
        costs: of the jobs, the most expensive first.
        n: the number of shards.
    """
    return list(_assignments([0.0] * n, costs))


def next_item(worker: int, free_s: Sequence[float], costs: Sequence[float]) -> int | None:
    """Return the index of the first job that is assigned to a worker; None if all go to other workers.

    Args:
        worker: its index in `free_s`.
        free_s: when each worker will be free.
        costs: of the jobs that no worker has yet, the most expensive first.
    """
    return next((job for job, chosen in enumerate(_assignments(free_s, costs)) if chosen == worker), None)


def _assignments(free_s: Sequence[float], costs: Sequence[float]) -> Iterator[int]:
    """Yield the worker of each job: the one that is free first, and of several the first."""
    queue = [(free, worker) for worker, free in enumerate(free_s)]
    heapq.heapify(queue)
    for cost in costs:
        free, worker = queue[0]
        yield worker
        heapq.heapreplace(queue, (free + cost, worker))
