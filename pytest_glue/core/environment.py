"""The environment of a test run: versions, platform and devices, read without importing heavy libraries."""

import os
import platform
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

LIBRARIES = (
    *("torch", "transformers", "tokenizers", "accelerate", "datasets", "evaluate"),
    *("scikit-learn", "scipy", "numpy"),
)
VISIBLE_DEVICES = "CUDA_VISIBLE_DEVICES"
"""The variable that restricts the devices of CUDA; it is read when CUDA is first used."""
_DEVICES = Path("/dev")
_HEADER_LIBRARIES = ("torch", "transformers", "datasets")


@cache
def library_versions() -> dict[str, str]:
    """Return the installed versions of the libraries that determine scores, of pytest and of this plugin."""
    versions = {}
    for name in ("pytest-glue", "pytest", *LIBRARIES):
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            versions[name] = "not installed"
    return versions


def python_and_platform() -> dict[str, str]:
    """Return the version of Python and the name of the platform."""
    return {"python": platform.python_version(), "platform": platform.platform()}


def expected_device() -> str:
    """Return the kind of device that torch will probably use: `cpu`, `cuda` or `mps`.

    The report has the device that a run used.
    """
    if library_versions()["torch"].endswith("+cpu"):
        return "cpu"
    if platform.system() == "Darwin" and platform.machine() == "arm64":
        return "mps"
    has_driver = Path("/proc/driver/nvidia/gpus").is_dir() or "nvidia" in os.environ.get("PATH", "").lower()
    return "cuda" if has_driver and os.environ.get(VISIBLE_DEVICES, "all") not in {"", "-1"} else "cpu"


def expected_devices(devices: Path = _DEVICES) -> int:
    """Return the number of CUDA devices that would share each batch of a run; at least 1.

    Args:
        devices: the folder of device files; a container has only those that it may use.
    """
    return max(len(visible_devices(devices)), 1)


def visible_devices(devices: Path = _DEVICES) -> tuple[str, ...]:
    """Return the CUDA devices of this process, as `CUDA_VISIBLE_DEVICES` names them.

    Args:
        devices: the folder of device files; a container has only those that it may use.
    """
    count = len([path for path in devices.glob("nvidia*") if path.name.removeprefix("nvidia").isdecimal()])
    visible = os.environ.get(VISIBLE_DEVICES)
    if visible is None:
        return tuple(map(str, range(count)))
    names = tuple(name.strip() for name in visible.split(",") if name.strip())
    return names[: count or None]


def header_versions() -> str:
    """Return the versions for the header of a test run, on one line."""
    versions = library_versions()
    return ", ".join(f"{name} {versions[name]}" for name in _HEADER_LIBRARIES)
