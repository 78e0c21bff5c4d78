"""The share of the machine's GPUs and cores that each of xdist's workers gets."""

import os
import sys
from collections.abc import Mapping
from typing import Any

from pytest_glue.core.cores import cores
from pytest_glue.core.environment import VISIBLE_DEVICES, expected_device, visible_devices

GPU_INDEX_KEY = "glue_gpu_index"
"""The key of a worker's input that says which of the GPUs it gets."""
THREADS_VARIABLE = "OMP_NUM_THREADS"
_AUTO_VARIABLE = "PYTEST_XDIST_AUTO_NUM_WORKERS"
"""The environment variable with which a user tells xdist what `-n auto` means."""


def auto_workers() -> int | None:
    """Return the number of GPUs; None if there are none, or if the user tells xdist what `-n auto` means."""
    if os.environ.get(_AUTO_VARIABLE) or expected_device() != "cuda":
        return None
    return len(visible_devices()) or None


def take_device(worker: Mapping[str, Any]) -> None:
    """Restrict this process to one GPU if it is one of several workers and there are GPUs.

    Args:
        worker: the worker's input from xdist.
    """
    if worker["workercount"] > 1 and GPU_INDEX_KEY in worker and expected_device() == "cuda":
        devices = visible_devices()
        if devices:
            os.environ[VISIBLE_DEVICES] = devices[worker[GPU_INDEX_KEY] % len(devices)]


class GpuAssigner:
    """A plugin object of xdist's controller: gives each worker a GPU index, and reuses the index of a dead one."""

    def __init__(self) -> None:
        self._indices: dict[str, int] = {}

    def pytest_configure_node(self, node: Any) -> None:
        """Give a worker the first free index before it starts."""
        free = next(index for index in range(len(self._indices) + 1) if index not in self._indices.values())
        self._indices[node.gateway.id] = free
        node.workerinput[GPU_INDEX_KEY] = free

    def pytest_testnodedown(self, node: Any) -> None:
        self._indices.pop(node.gateway.id, None)


def share_cores(workers: int = 1) -> None:
    """Limit this process to its share of the cores, unless `OMP_NUM_THREADS` is set.

    By default torch uses all cores of the machine. Several workers that do so wait for each other far longer than they
    compute, and so do threads that share the time that a control group allows.

    Args:
        workers: the number of processes that share the machine.
    """
    threads = max(cores() // workers, 1)
    if THREADS_VARIABLE in os.environ or (workers == 1 and threads == os.cpu_count()):
        return
    os.environ[THREADS_VARIABLE] = str(threads)  # for libraries and child processes that load OpenMP later
    torch: Any = sys.modules.get("torch")
    if torch is not None:
        torch.set_num_threads(threads)
