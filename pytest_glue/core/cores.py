"""The number of cores that this process may use."""

import os
from pathlib import Path

_CGROUPS = Path("/sys/fs/cgroup")
_GROUPS_OF_PROCESS = Path("/proc/self/cgroup")


def cores() -> int:
    """Return the number of cores that this process may use, by its affinity and the quota of its control groups."""
    affinity = getattr(os, "sched_getaffinity", None)
    count = len(affinity(0)) if affinity else os.cpu_count() or 1
    return max(int(min(count, quota())), 1)


def quota(folder: Path = _CGROUPS, groups: Path = _GROUPS_OF_PROCESS) -> float:
    """Return the cores' worth of time that the control groups of this process allow; infinity if there is no limit.

    Args:
        folder: where the kernel mounts control groups, of version 1 or 2.
        groups: the file with the control groups of this process.

    Source: the kernel's documentation, "CPU Interface Files" of control groups 2 and "CFS Bandwidth Control".
    """
    try:
        lines = [line.split(":", 2) for line in groups.read_text("utf-8").splitlines()]
    except OSError:
        return float("inf")
    limits = [float("inf")]
    for _, controllers, path in lines:
        if controllers == "" or "cpu" in controllers.split(","):
            limits += [_limit(each) for each in _with_parents(folder / controllers, path.strip("/"))]
    return min(limits)


def _with_parents(mount: Path, path: str) -> list[Path]:
    """Return a group's folder and those of the groups around it; a container may see only the last one."""
    inner = mount / path
    return [inner, *(parent for parent in inner.parents if parent.is_relative_to(mount))]


def _limit(group: Path) -> float:
    """Return the limit of one group."""
    try:
        if (group / "cpu.max").exists():
            allowed, period = (group / "cpu.max").read_text("utf-8").split()
        else:
            allowed, period = ((group / f"cpu.cfs_{name}_us").read_text("utf-8") for name in ("quota", "period"))
        return float(allowed) / float(period) if float(allowed) > 0 else float("inf")  # "max" in version 2, -1 in 1
    except (OSError, ValueError):
        return float("inf")
