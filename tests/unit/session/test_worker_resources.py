"""GPUs and workers: how many there are, and which worker has which."""

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
    """Play a machine with so many GPUs, of which a user may have named some."""

    def play(gpus: int, visible: str | None = None) -> None:
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

    return play


@pytest.mark.parametrize(
    ("gpus", "visible", "expected"),
    [(0, None, None), (1, None, 1), (4, None, 4), (4, "2,3", 2), (4, "", None), (4, "-1", None)],
)
def test_auto_means_the_gpus(machine: Machine, gpus: int, visible: str | None, expected: int | None) -> None:
    """`-n auto` is as many workers as there are GPUs that may be seen; without any, xdist decides."""
    machine(gpus, visible)
    assert expected == auto_workers()


def test_what_a_user_tells_xdist_stays(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable of xdist says what `-n auto` means, also where there are GPUs."""
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
    """Worker k sees the k-th GPU of those that a user lets it see, from the start where there are more workers."""
    seen = []
    for place in range(3):
        machine(gpus, visible)
        take_device({"workercount": 3, GPU_INDEX_KEY: place})
        seen.append(os.environ.get(VISIBLE_DEVICES))
    assert expected == seen


def test_a_lone_worker_has_them_all(machine: Machine) -> None:
    """Nothing is taken from a worker that shares with nobody, or of which no controller said where it stands."""
    machine(2)
    take_device({"workercount": 1, GPU_INDEX_KEY: 0})
    take_device({"workercount": 2})
    assert VISIBLE_DEVICES not in os.environ


def test_a_worker_that_died_leaves_its_place() -> None:
    """The worker that replaces another has its place, and with it its GPU, though it has a new name."""
    places = GpuAssigner()

    def start(name: str) -> Any:
        node = SimpleNamespace(gateway=SimpleNamespace(id=name), workerinput={})
        places.pytest_configure_node(node)
        return node

    gw0, gw1, gw2 = start("gw0"), start("gw1"), start("gw2")
    places.pytest_testnodedown(gw1)
    assert [0, 1, 2, 1, 3] == [node.workerinput[GPU_INDEX_KEY] for node in (gw0, gw1, gw2, start("gw3"), start("gw4"))]
