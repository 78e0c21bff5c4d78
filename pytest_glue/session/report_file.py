"""The files of the reports during a test run: a write that fails is a warning, and the next one tries again.

They are written while the test run goes on, so that one that is killed leaves the items judged so far.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Any

from pytest_glue.core.errors import ReportError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from pytest_glue.config.options import Options

    Document = Mapping[str, Any]


JSON, HTML, MARKDOWN = "JSON", "HTML", "Markdown"
_PAUSE = 20
"""A page or a summary is not written again before this many times the time that it took has passed."""


class ReportFile:
    """The file of one report."""

    def __init__(
        self, name: str, path: Path, warn: Callable[[str], None], clock: Callable[[], float] = monotonic
    ) -> None:
        """Check that the file can be written.

        Args:
            name: of the kind of report.
            path: of the report.
            warn: shows a line about the first write that fails.
            clock: returns a time in seconds.

        Raises:
            ReportError: it cannot.
        """
        from pytest_glue.reports.files import check_writable

        self._name, self._path, self._warn, self._clock = name, path, warn, clock
        self._due = clock()
        """When the report may be written after an item."""
        self._has_warned = False
        self.error: str | None = None
        """Why the last write failed; None if it did not."""
        check_writable(path, name)

    def write(self, document: Callable[[], Document], *, is_item: bool = False, is_final: bool = False) -> None:
        """Write a report. Never raise: a full disk must not end the test run.

        JSON is written after each item. Plots take longer: a page is written if that takes a small part of the time.

        Args:
            document: returns the report as plain data.
            is_item: whether an item has ended, and others may follow.
            is_final: whether no other report follows.
        """
        began = self._clock()
        if is_item and self._name != JSON and began < self._due:
            return
        self._write(document, is_final=is_final)
        ended = self._clock()
        self._due = ended + _PAUSE * (ended - began)

    def _write(self, document: Callable[[], Document], *, is_final: bool) -> None:
        from pytest_glue.reports.files import write_report

        self.error = None
        try:
            write_report(self._path, _encode(self._name, document()), self._name, is_final=is_final)
        except (ReportError, ValueError) as error:
            self.error = str(error)
        if self.error is not None and not self._has_warned:
            self._has_warned = True
            what_follows = "" if is_final else ". The test run goes on and tries again after each item"
            self._warn(f"glue: {self.error}{what_follows}")

    @property
    def summary(self) -> str:
        """The line about the report at the end of the test run."""
        return self.error or f"{self._name} report: {self._path}"


class ReportFiles:
    """All reports that were asked for."""

    def __init__(self, options: Options, warn: Callable[[str], None], others: Mapping[str, Path] | None = None) -> None:
        """Check that the files can be written.

        Args:
            options: of the test run.
            warn: shows a line about a write that fails.
            others: files of the test run that are not to be replaced, by what they are.

        Raises:
            OptionError: two reports have the same file, or a report that of another.
            MissingPackageError: a package that a report needs is not installed.
            ReportError: a file cannot be written.
        """
        from pytest_glue.reports.files import check_distinct

        flags = {f"--glue-{name}": getattr(options, name) for name in ("json", "html", "markdown", "history")}
        check_distinct(flags, others)
        if options.html is not None:
            from pytest_glue.reports.packages import require_packages

            require_packages()
        asked = {JSON: options.json, MARKDOWN: options.markdown, HTML: options.html}
        self._files = {name: ReportFile(name, path, warn) for name, path in asked.items() if path is not None}

    def write(self, document: Callable[[], Document], *, is_item: bool = False, is_final: bool = False) -> None:
        """Write the reports, as `ReportFile.write` does."""
        for file in self._files.values():
            file.write(document, is_item=is_item, is_final=is_final)

    @property
    def summaries(self) -> list[tuple[str, bool]]:
        """The lines about the reports at the end of the test run, each with whether the report was written."""
        return [(file.summary, file.error is None) for file in self._files.values()]


def _encode(name: str, document: Document) -> bytes:
    """Return the content of a report's file."""
    if name == JSON:
        from pytest_glue.reports.json import encode

        return encode(document)
    from pytest_glue.session.pages import encode_html, encode_markdown

    return encode_html(document) if name == HTML else encode_markdown(document)
