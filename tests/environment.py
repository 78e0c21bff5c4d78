"""The environment of test processes: one thread, no hub, an empty cache, and nothing of the user's own."""

import os
from pathlib import Path

import pytest

_REMOVED = ("HF_", "GLUE_", "GITHUB_", "PYTEST_XDIST", "PYTEST_ADDOPTS", "COVERAGE_")
"""Prefixes of variables. Without coverage's, processes are not traced, which takes half as long again."""


def isolate(patch: pytest.MonkeyPatch, folders: pytest.TempPathFactory) -> None:
    """Set the variables, among them a terminal that is wide enough for whole sentences."""
    for name in [name for name in os.environ if name.startswith(_REMOVED)]:
        patch.delenv(name)
    patch.setenv("OMP_NUM_THREADS", "1")
    patch.setenv("PYTHONPATH", str(Path(__file__).parents[1]), prepend=os.pathsep)  # new processes test this tree
    patch.setenv("PYTEST_GLUE_CACHE", str(folders.mktemp("cache") / "runs"))
    patch.setenv("HF_HOME", str(folders.getbasetemp() / "huggingface"))
    patch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    patch.setenv("COLUMNS", "300")
