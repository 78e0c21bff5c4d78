"""Child processes: which there are, and how they are ended."""

from collections.abc import Collection
from contextlib import suppress

import psutil

_GRACE_S = 1.0
"""Time for a process to end after SIGTERM."""


def descendants(process: psutil.Process | None = None) -> set[psutil.Process]:
    """Return the processes that this process, or another one, has started directly or indirectly."""
    try:
        return set((process or psutil.Process()).children(recursive=True))
    except psutil.NoSuchProcess:
        return set()


def terminate(processes: Collection[psutil.Process]) -> None:
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.terminate()


def wait_or_kill(processes: Collection[psutil.Process]) -> None:
    """Wait for the processes to end, and kill those that take long."""
    _, left = psutil.wait_procs(processes, timeout=_GRACE_S)
    for process in left:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(left, timeout=_GRACE_S)
