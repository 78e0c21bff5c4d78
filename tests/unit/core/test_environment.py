"""The environment of a test run."""

import platform
import re
from pathlib import Path

import pytest
import torch
import transformers

import pytest_glue
from pytest_glue.core import environment
from pytest_glue.core.environment import (
    expected_device,
    expected_devices,
    header_versions,
    library_versions,
    python_and_platform,
)


def test_versions_are_the_libraries_own() -> None:
    """Package metadata and libraries agree."""
    versions = library_versions()
    assert (torch.__version__, transformers.__version__) == (versions["torch"], versions["transformers"])
    assert pytest_glue.__version__ == versions["pytest-glue"]


def test_a_missing_library_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not an error."""
    monkeypatch.setattr(environment, "LIBRARIES", ("torch", "no-such-library"))
    assert "not installed" == library_versions.__wrapped__()["no-such-library"]


def test_the_header_has_three_versions() -> None:
    assert re.fullmatch(r"torch \S+, transformers \S+, datasets \S+", header_versions())


def test_python_and_platform() -> None:
    assert {"python": platform.python_version(), "platform": platform.platform()} == python_and_platform()


@pytest.mark.parametrize(
    ("torch_version", "system", "variables", "expected"),
    [
        ("2.13.0+cpu", "Darwin arm64", {"PATH": "/opt/nvidia/bin"}, "cpu"),
        ("2.13.0", "Darwin arm64", {"PATH": ""}, "mps"),
        ("2.13.0", "Linux x86_64", {"PATH": "/opt/nvidia/bin"}, "cuda"),
        ("2.13.0", "Linux x86_64", {"PATH": "/opt/nvidia/bin", "CUDA_VISIBLE_DEVICES": "0"}, "cuda"),
        ("2.13.0", "Linux x86_64", {"PATH": "/opt/nvidia/bin", "CUDA_VISIBLE_DEVICES": ""}, "cpu"),
        ("2.13.0", "Linux x86_64", {"PATH": "/opt/nvidia/bin", "CUDA_VISIBLE_DEVICES": "-1"}, "cpu"),
    ],
    ids=["cpu-build", "apple", "nvidia", "nvidia-chosen", "nvidia-hidden", "nvidia-switched-off"],
)
def test_the_device_is_known_without_torch(
    monkeypatch: pytest.MonkeyPatch, torch_version: str, system: str, variables: dict[str, str], expected: str
) -> None:
    """It follows from the version of torch, the machine and its variables, which are patched here."""
    name, machine = system.split()
    monkeypatch.setattr(environment, "library_versions", lambda: {"torch": torch_version})
    monkeypatch.setattr(platform, "system", lambda: name)
    monkeypatch.setattr(platform, "machine", lambda: machine)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    for variable, value in variables.items():
        monkeypatch.setenv(variable, value)
    assert expected == expected_device()


@pytest.mark.parametrize(
    ("files", "visible", "expected"),
    [
        (["nvidia0", "nvidia1", "nvidiactl", "nvidia-uvm"], None, 2),
        (["nvidia0", "nvidia1"], "1", 1),
        (["nvidia0", "nvidia1"], "0,1,2", 2),
        ([], "0,1", 2),
        ([], None, 1),
        (["nvidia0"], "", 1),
    ],
)
def test_the_number_of_devices(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, files: list[str], visible: str | None, expected: int
) -> None:
    """The number of device files, restricted by the variable; 1 if neither is there."""
    for name in files:
        (tmp_path / name).touch()
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if visible is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert expected == expected_devices(tmp_path)
