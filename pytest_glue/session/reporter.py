"""Collects the evaluations and errors of a test run, writes the JSON report and shows header and table."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from pytest_glue.core.errors import GlueError, VerdictError
from pytest_glue.core.evaluation import Evaluation
from pytest_glue.core.serialization import from_plain, to_plain
from pytest_glue.core.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from pytest_glue.core.family import Family
    from pytest_glue.session.session import GlueSession

NAME = "glue-reporter"
_EVALUATION = pytest.StashKey[Evaluation]()
_COLOURS = {Verdict.PASS: "green", Verdict.INCONCLUSIVE: "yellow", Verdict.FAIL: "red", Verdict.DEGENERATE: "red"}


def attach_evaluation(item: pytest.Item, evaluation: Evaluation) -> None:
    """Attach an evaluation to its item: the item's test report carries it to the controller, JUnit shows its facts."""
    from pytest_glue.reports.junit import properties

    item.stash[_EVALUATION] = evaluation
    item.user_properties.extend(properties(evaluation))


class GlueReporter:
    """A plugin object that `start_session` registers."""

    def __init__(self, config: pytest.Config, session: GlueSession) -> None:
        """Check that the JSON report can be written.

        Raises:
            ReportError: it cannot.
        """
        self._config = config
        self._session = session
        self._evaluations: dict[str, Evaluation] = {}
        self._errors: dict[str, str] = {}
        self._finished: set[str] = set()
        self._header_shown = False
        if session.options.json and not config.option.collectonly:
            # Also by a worker: the controller starts its session with the first report where no flag is given.
            from pytest_glue.reports.json import check_writable

            check_writable(session.options.json)

    def pytest_report_header(self) -> list[str]:
        """Called before the collection, if a flag has started the session by then."""
        return self._header()

    def pytest_report_collectionfinish(self, items: Sequence[pytest.Item]) -> list[str]:
        """Show the header if it was not shown before, and which items cannot run."""
        header = [] if self._header_shown else self._header()
        return header if self._config.get_verbosity() < 0 else [*header, *self._failed_checks(items)]

    def _failed_checks(self, items: Sequence[pytest.Item]) -> list[str]:
        found = Counter(str(error) for error in self._session.failed_checks.values())
        return [f"glue: {count} of {len(items)} items cannot run: {message}" for message, count in found.items()]

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Show verdicts and user errors without a traceback, and attach the evaluation to the report."""
        report = yield
        if call.excinfo is not None and isinstance(call.excinfo.value, GlueError | VerdictError):
            self._show_message(report, call.excinfo)
        if (evaluation := item.stash.get(_EVALUATION, None)) is not None:
            del item.stash[_EVALUATION]
            report.__dict__["glue_evaluation"] = to_plain(evaluation)
        elif report.failed and call.excinfo is not None and "glue_evaluation" in getattr(item, "fixturenames", ()):
            report.__dict__.setdefault("glue_error", call.excinfo.exconly())
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Collect an item's evaluation or error, and rewrite the JSON report."""
        if self._session.is_worker:
            return
        if report.when == "teardown":
            self._finished.add(report.nodeid)
        if (evaluation := getattr(report, "glue_evaluation", None)) is not None:
            self._evaluations[report.nodeid] = from_plain(evaluation, Evaluation)
            self._write()
        elif (message := getattr(report, "glue_error", None)) is not None and report.nodeid not in self._evaluations:
            self._errors[report.nodeid] = message
            self._write()

    def pytest_sessionfinish(self) -> None:
        """Write the final report, even if no item finished, and record how long the items took."""
        session = self._session
        if session.is_worker or self._config.option.collectonly:
            return
        # A report names its family only if it is complete: no item was left out or killed its process.
        self._write(session.family if session.evaluated <= self._finished else None)
        if self._evaluations:
            from pytest_glue.scheduling.durations import record

            record(self._config, session.options, list(self._evaluations.values()))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if not self._evaluations:
            return
        from pytest_glue.reports.terminal import notes, search_lines, summary_lines, table

        evaluations = [self._evaluations[nodeid] for nodeid in sorted(self._evaluations)]
        options = self._session.options
        terminalreporter.write_sep("=", "glue")
        for line, verdict in table(evaluations):
            terminalreporter.write_line(line, **({_COLOURS[verdict]: True} if verdict else {"bold": True}))
        for line in [*search_lines(evaluations), *notes(evaluations), *summary_lines(options, evaluations)]:
            terminalreporter.write_line(line)
        if options.json:
            terminalreporter.write_line(f"JSON report: {options.json}")

    def _header(self) -> list[str]:
        from pytest_glue.reports.header import header

        self._header_shown = True
        workers = len(getattr(self._config.option, "tx", None) or ())  # set by xdist
        return [] if self._config.get_verbosity() < 0 else header(self._session.options, max(workers, 1))

    def _write(self, family: Family | None = None) -> None:
        options = self._session.options
        if options.json is not None:
            from pytest_glue.reports.json import document, write

            evaluations = self._evaluations.values()
            write(options.json, document(options, evaluations, self._errors, self._config.rootpath, family))

    def _show_message(self, report: pytest.TestReport, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        message = str(excinfo.value)
        if isinstance(excinfo.value, GlueError):
            report.__dict__["glue_error"] = message
        if not self._config.getoption("fulltrace"):
            representation: Any = excinfo.getrepr(style="value", chain=False)
            representation.reprcrash.message = message
            report.longrepr = representation
