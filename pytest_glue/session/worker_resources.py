"""Devices: the GPUs of this machine, one for each of xdist's workers."""

import os
import sys
from collections.abc import Mapping
from typing import Any

from pytest_glue.core.environment import VISIBLE_DEVICES, expected_device, visible_devices

GPU_INDEX_KEY = "glue_place"
"""Where a worker's input says which place it has among the workers."""
_ASKED = "PYTEST_XDIST_AUTO_NUM_WORKERS"
"""The environment variable in which a user tells xdist what `-n auto` means."""


def auto_workers() -> int | None:
    """Return how many workers `-n auto` means: as many as there are GPUs; None where xdist or a user decides."""
    if os.environ.get(_ASKED) or expected_device() != "cuda":
        return None
    return len(visible_devices()) or None


def take_device(worker: Mapping[str, Any]) -> None:
    """Let this process see one GPU only, where it is one of several workers and there are GPUs.

    Args:
        worker: the worker's input, as xdist gave it.
    """
    if worker["workercount"] > 1 and GPU_INDEX_KEY in worker and expected_device() == "cuda":
        devices = visible_devices()
        if devices:
            os.environ[VISIBLE_DEVICES] = devices[worker[GPU_INDEX_KEY] % len(devices)]


class GpuAssigner:
    """A plugin on xdist's controller that gives each worker a place, and the place of one that died to the next."""

    def __init__(self) -> None:
        self._taken: dict[str, int] = {}

    def pytest_configure_node(self, node: Any) -> None:
        """Called before a worker starts: it has the first place that no other has."""
        free = next(place for place in range(len(self._taken) + 1) if place not in self._taken.values())
        self._taken[node.gateway.id] = free
        node.workerinput[GPU_INDEX_KEY] = free

    def pytest_testnodedown(self, node: Any) -> None:
        """Called when a worker has ended, or has died."""
        self._taken.pop(node.gateway.id, None)


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
