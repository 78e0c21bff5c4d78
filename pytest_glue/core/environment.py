"""The environment of a test run: versions, platform, device and commit, found without importing what they are of."""

import os
import platform
import subprocess
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

LIBRARIES = (
    *("torch", "transformers", "tokenizers", "accelerate", "datasets", "evaluate"),
    *("scikit-learn", "scipy", "numpy"),
)
VISIBLE_DEVICES = "CUDA_VISIBLE_DEVICES"
"""The environment variable that says which devices CUDA has; it is read when CUDA is first used."""
_DEVICES = Path("/dev")
_HEADER_LIBRARIES = ("torch", "transformers", "datasets")


@cache
def library_versions() -> dict[str, str]:
    """Return the installed versions of the libraries that a score depends on, and of this plugin."""
    versions = {}
    for name in ("pytest-glue", "pytest", *LIBRARIES):
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            versions[name] = "not installed"
    return versions


def python_and_platform() -> dict[str, str]:
    """Return the interpreter's version and the platform's name."""
    return {"python": platform.python_version(), "platform": platform.platform()}


def expected_device() -> str:
    """Return where a fine-tuning will run, as far as can be told without importing torch.

    The report names the device that a run really used.
    """
    if library_versions()["torch"].endswith("+cpu"):
        return "cpu"
    if platform.system() == "Darwin" and platform.machine() == "arm64":
        return "mps"
    has_driver = Path("/proc/driver/nvidia/gpus").is_dir() or "nvidia" in os.environ.get("PATH", "").lower()
    return "cuda" if has_driver and os.environ.get(VISIBLE_DEVICES, "all") not in {"", "-1"} else "cpu"


def expected_devices(devices: Path = _DEVICES) -> int:
    """Return how many CUDA devices a fine-tuning would share its batches among, told without importing torch.

    Args:
        devices: the folder of the system's devices; a container has those that it may use.
    """
    return max(len(visible_devices(devices)), 1)


def visible_devices(devices: Path = _DEVICES) -> tuple[str, ...]:
    """Return the CUDA devices that this process sees, as the variable names them that a user may have set.

    Args:
        devices: the folder of the system's devices; a container has those that it may use.
    """
    there = len([path for path in devices.glob("nvidia*") if path.name.removeprefix("nvidia").isdecimal()])
    visible = os.environ.get(VISIBLE_DEVICES)
    if visible is None:
        return tuple(map(str, range(there)))
    asked = tuple(name.strip() for name in visible.split(",") if name.strip())
    return asked[: there or None]


def header_versions() -> str:
    """Return the versions that fit on a line."""
    versions = library_versions()
    return ", ".join(f"{name} {versions[name]}" for name in _HEADER_LIBRARIES)


@cache
def commit(folder: Path) -> str | None:
    """Return the commit that is checked out in the folder's repository; None where there is none."""
    try:
        git = subprocess.run(
            ["git", "rev-parse", "HEAD"],  # noqa: S607 - the user's own git
            cwd=folder,
            capture_output=True,
            text=True,
            check=True,
            timeout=5,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return git.stdout.strip()
