"""The file of the JSON report during a test run: a write that fails is a warning, and the next one tries again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_glue.core.errors import ReportError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path


class ReportFile:
    def __init__(self, path: Path | None, warn: Callable[[str], None]) -> None:
        """Check that the file can be written.

        Args:
            path: of the report; None to write none.
            warn: shows a line about the first write that fails.

        Raises:
            ReportError: it cannot.
        """
        self._path = path
        self._warn = warn
        self._has_warned = False
        self.error: str | None = None
        """Why the last write failed; None if it did not."""
        if path is not None:
            from pytest_glue.reports.json import check_writable

            check_writable(path)

    def write(self, document: Callable[[], Mapping[str, Any]], *, is_final: bool = False) -> None:
        """Write a report, if one was asked for. Never raise: a full disk must not end the test run."""
        if self._path is None:
            return
        from pytest_glue.reports.json import write

        self.error = None
        try:
            write(self._path, document(), is_final=is_final)
        except (ReportError, ValueError) as error:
            self.error = str(error)
        if self.error is not None and not self._has_warned:
            self._has_warned = True
            self._warn(f"glue: {self.error}. The test run goes on and tries again after each item")

    @property
    def summary(self) -> str | None:
        """The line about the report at the end of the test run; None if none was asked for."""
        return None if self._path is None else self.error or f"JSON report: {self._path}"
