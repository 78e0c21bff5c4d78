"""The cores that a process may use."""

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from pytest_glue.core.cores import cores, quota

INFINITE = float("inf")


def test_there_is_a_core() -> None:
    """Only the cores that this process may use are counted."""
    assert 1 <= cores() <= (os.cpu_count() or 1)


@pytest.mark.parametrize(
    ("groups", "files", "expected"),
    [
        ("0::/a/b", {"a/b/cpu.max": "150000 100000", "cpu.max": "max 100000"}, 1.5),
        ("0::/a/b", {"a/cpu.max": "50000 100000", "a/b/cpu.max": "max 100000"}, 0.5),
        ("0::/../unseen", {"cpu.max": "200000 100000"}, 2.0),
        ("4:memory:/m\n2:cpu,cpuacct:/a", {"cpu,cpuacct/a/cpu.cfs_quota_us": "300000"}, 3.0),
        ("2:cpu:/", {"cpu/cpu.cfs_quota_us": "-1"}, INFINITE),
        ("2:cpu:/a", {"cpu/a/cpu.cfs_quota_us": "a word"}, INFINITE),
        ("3:cpuset:/a", {"cpuset/a/cpu.cfs_quota_us": "100000"}, INFINITE),
        ("0::/", {}, INFINITE),
    ],
)
def test_the_strictest_group_counts(tmp_path: Path, groups: str, files: Mapping[str, str], expected: float) -> None:
    """Of a group and those around it, in both versions; what cannot be read is no limit."""
    for name, content in files.items():
        file = tmp_path / "cgroup" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{content}\n", "utf-8")
        if "quota" in name:
            file.with_name("cpu.cfs_period_us").write_text("100000\n", "utf-8")
    (tmp_path / "groups").write_text(f"{groups}\n", "utf-8")
    assert expected == quota(tmp_path / "cgroup", tmp_path / "groups")


def test_a_system_without_control_groups(tmp_path: Path) -> None:
    """There is no limit."""
    assert INFINITE == quota(tmp_path, tmp_path / "none")
