"""Appends the evaluations of a test run to its history; what goes wrong is said, and never fails the test run."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pytest_glue.core.errors import HistoryError
from pytest_glue.core.formatting import count

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytest_glue.config.options import Options
    from pytest_glue.core.evaluation import Evaluation
    from pytest_glue.core.repository import RepositoryState
    from pytest_glue.history.record import Record


class History:
    """The history of a test run, in the process that writes the reports.

    Each item is appended as soon as it is judged, so that a test run that is killed loses nothing. What could not be
    written is tried again with the next item, and at the end.
    """

    def __init__(self, options: Options, root: Path, warn: Callable[[str], None]) -> None:
        """Make the history of a test run that has not started.

        Args:
            options: of the test run.
            root: a folder in the repository that is tested.
            warn: shows a line.
        """
        self._options, self._root, self._warn = options, root, warn
        self._pending: dict[str, Record] = {}
        """What is not written yet, by node id."""
        self._written: set[str] = set()
        self._error: str | None = None
        self._has_warned = False
        self._test_run = secrets.token_hex(8)
        self._state: RepositoryState | None = None

    def start(self) -> None:
        """Look at the repository and at the file before the first item; never raise."""
        if self._options.history is not None and self._state is None:
            from pytest_glue.core.repository import repository_state

            self._state = repository_state(self._root, self._options.history)
            self._write(final=False)

    def append(self, evaluation: Evaluation) -> None:
        """Append an evaluation; never raise."""
        if self._state is None:
            return
        from pytest_glue.history.record import Record

        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        self._pending[evaluation.nodeid] = Record.of(evaluation, self._options, self._state, self._test_run, now)
        self._write(final=False)

    def finish(self) -> None:
        """Try to write what is left, for a longer time."""
        if self._pending:
            self._write(final=True)

    @property
    def summary(self) -> list[tuple[str, bool]]:
        """The line about the history at the end of the test run, with whether everything was written."""
        if self._options.history is None:
            return []
        if self._pending:
            lost = count(len(self._pending), "item")
            return [(f"{self._error}. {lost} of this test run {'is' if lost == '1 item' else 'are'} not in it", False)]
        return [(f"history: {self._options.history} ({count(len(self._written), 'item')} appended)", True)]

    def _write(self, *, final: bool) -> None:
        from pytest_glue.history.storage import LONG_WAIT_S, SHORT_WAIT_S, HistoryFile

        assert self._options.history is not None
        try:
            file = HistoryFile(self._options.history)
            file.append(list(self._pending.values()), LONG_WAIT_S if final else SHORT_WAIT_S)
        except HistoryError as error:
            self._error = str(error)
            if not self._has_warned:
                self._has_warned = True
                self._warn(f"glue: {error}. The test run goes on and tries again after each item")
        else:
            self._written |= self._pending.keys()
            self._pending.clear()
