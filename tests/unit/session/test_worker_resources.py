"""Which worker gets which GPU."""

import os
import platform
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pytest_glue.core import environment
from pytest_glue.core.environment import VISIBLE_DEVICES, visible_devices
from pytest_glue.session import worker_resources
from pytest_glue.session.worker_resources import GPU_INDEX_KEY, GpuAssigner, auto_workers, take_device

Machine = Callable[..., None]


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Machine:
    """Simulate a machine with some GPUs, of which `CUDA_VISIBLE_DEVICES` may list some."""

    def simulate(gpus: int, visible: str | None = None) -> None:
        for number in range(gpus):
            (tmp_path / f"nvidia{number}").touch()
        monkeypatch.setattr(worker_resources, "visible_devices", lambda: visible_devices(tmp_path))
        monkeypatch.setattr(environment, "library_versions", lambda: {"torch": "2.13.0"})
        monkeypatch.setattr(platform, "system", lambda: "Linux")
        monkeypatch.setenv("PATH", "/opt/nvidia/bin" if gpus else "/bin")
        monkeypatch.delenv("PYTEST_XDIST_AUTO_NUM_WORKERS", raising=False)
        monkeypatch.setenv(VISIBLE_DEVICES, visible or "")
        if visible is None:
            monkeypatch.delenv(VISIBLE_DEVICES)

    return simulate


@pytest.mark.parametrize(
    ("gpus", "visible", "expected"),
    [(0, None, None), (1, None, 1), (4, None, 4), (4, "2,3", 2), (4, "", None), (4, "-1", None)],
)
def test_auto_is_the_number_of_gpus(machine: Machine, gpus: int, visible: str | None, expected: int | None) -> None:
    """`-n auto` starts a worker for each visible GPU; without any, xdist decides."""
    machine(gpus, visible)
    assert expected == auto_workers()


def test_a_number_of_workers_from_the_user(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Xdist's own variable says what `-n auto` means, also if there are GPUs."""
    machine(4)
    monkeypatch.setenv("PYTEST_XDIST_AUTO_NUM_WORKERS", "3")
    assert None is auto_workers()


@pytest.mark.parametrize(
    ("gpus", "visible", "expected"),
    [
        (2, None, ["0", "1", "0"]),
        (4, "2, 3", ["2", "3", "2"]),
        (2, "GPU-1a,MIG-2b", ["GPU-1a", "MIG-2b", "GPU-1a"]),
        (0, None, [None, None, None]),
        (2, "-1", ["-1", "-1", "-1"]),
    ],
)
def test_each_worker_has_a_gpu(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, gpus: int, visible: str | None, expected: list[str | None]
) -> None:
    """Worker k sees the k-th visible GPU; with more workers than GPUs, the indices wrap around."""
    seen = []
    for index in range(3):
        machine(gpus, visible)
        take_device({"workercount": 3, GPU_INDEX_KEY: index})
        seen.append(os.environ.get(VISIBLE_DEVICES))
    assert expected == seen


def test_a_lone_worker_has_all_gpus(machine: Machine) -> None:
    """A single worker, or one without an index, keeps all GPUs."""
    machine(2)
    take_device({"workercount": 1, GPU_INDEX_KEY: 0})
    take_device({"workercount": 2})
    assert VISIBLE_DEVICES not in os.environ


def test_a_new_worker_gets_the_index_of_a_dead_one() -> None:
    """The worker that replaces another gets its GPU, though it has another name."""
    assigner = GpuAssigner()

    def start(name: str) -> Any:
        node = SimpleNamespace(gateway=SimpleNamespace(id=name), workerinput={})
        assigner.pytest_configure_node(node)
        return node

    gw0, gw1, gw2 = start("gw0"), start("gw1"), start("gw2")
    assigner.pytest_testnodedown(gw1)
    assert [0, 1, 2, 1, 3] == [node.workerinput[GPU_INDEX_KEY] for node in (gw0, gw1, gw2, start("gw3"), start("gw4"))]
