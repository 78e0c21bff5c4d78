"""`-x` and `--maxfail` under xdist: no worker trains the item that it has in reserve after the last failure.

xdist gives a worker its next item before the running one ends, and cannot take that back. So the controller writes a
file when the limit is reached, and the workers start no further evaluation while it exists.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

NAME = "glue-failure-limit"
_FILE = "limit-reached"


class ControllerLimit:
    """A plugin object of xdist's controller: counts failures as xdist does."""

    def __init__(self, maxfail: int, shared_folder: Path) -> None:
        self._left = maxfail
        self._file = shared_folder / _FILE

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self._left -= 1
            if self._left == 0:
                with suppress(OSError):
                    self._file.touch()


class WorkerLimit:
    """A plugin object of an xdist worker."""

    def __init__(self, shared_folder: Path) -> None:
        self._file = shared_folder / _FILE

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> bool | None:
        """Leave an evaluation out, without a report, if the limit is reached."""
        return True if "glue_evaluation" in getattr(item, "fixturenames", ()) and self._file.exists() else None
