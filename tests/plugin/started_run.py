"""A test run in a process of its own that a test ends by a signal."""

import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import psutil

from tests.plugin.ray_cluster import wait_for

_LIBRARIES = ("torchinductor_", "pytest-of-")
"""The folders that torch and pytest keep for the user, one for all processes."""


class StartedRun:
    """Pytest in a process of its own, which is still running."""

    def __init__(self, arguments: Sequence[str], folder: Path, temporary: Path) -> None:
        """Start it in a folder; `temporary` is its folder for temporary files."""
        self._log = folder / "log"
        self._temporary = temporary
        with self._log.open("w") as log:
            command = [sys.executable, "-m", "pytest", *arguments]
            self._process = psutil.Popen(command, cwd=folder, stdout=log, stderr=subprocess.STDOUT)

    @property
    def output(self) -> str:
        return self._log.read_text("utf-8")

    @property
    def temporary_files(self) -> list[str]:
        """What it has left in its folder for temporary files."""
        return [path.name for path in self._temporary.iterdir() if not path.name.startswith(_LIBRARIES)]

    def descendants(self) -> list[psutil.Process]:
        processes: list[psutil.Process] = self._process.children(recursive=True)
        return processes

    def wait_for(self, condition: Callable[[], bool]) -> None:
        """Wait until the condition is true, and fail if the run ends before."""

        def is_reached() -> bool:
            assert self._process.poll() is None, self.output
            return condition()

        wait_for(is_reached)

    def end(self, number: signal.Signals) -> int:
        """Send a signal, and return the exit code."""
        self._process.send_signal(number)
        return int(self._process.wait(timeout=120))

    def kill(self) -> None:
        """End what a failed test has left."""
        if self._process.poll() is None:
            for process in (self._process, *self.descendants()):
                process.kill()
            self._process.wait()
