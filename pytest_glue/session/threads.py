"""Threads: the cores of this machine, shared by the workers that run on it."""

import os
import sys
from typing import Any

VARIABLE = "OMP_NUM_THREADS"


def share_cores(workers: int) -> None:
    """Give this process its share of the cores, unless the environment says how many threads it may have.

    torch takes all cores by default; several workers that each do so wait for each other far longer than they compute.

    Args:
        workers: how many processes like this one run at the same time.
    """
    if VARIABLE in os.environ:
        return
    threads = max(cores() // workers, 1)
    os.environ[VARIABLE] = str(threads)  # for whatever loads OpenMP from now on, in this process and its children
    torch: Any = sys.modules.get("torch")
    if torch is not None:
        torch.set_num_threads(threads)


def cores() -> int:
    """Return how many cores this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1
