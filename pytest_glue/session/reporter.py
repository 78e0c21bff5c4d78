"""Collects the evaluations and errors of a test run, writes the JSON report and shows header and table."""

from __future__ import annotations

import os
from collections import Counter
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_glue.config.flags import CONFIG
from pytest_glue.core.errors import GlueError, VerdictError
from pytest_glue.core.evaluation import Evaluation
from pytest_glue.core.formatting import printable
from pytest_glue.core.secrets import mask
from pytest_glue.core.serialization import to_plain
from pytest_glue.core.verdict import Verdict
from pytest_glue.progress.log import show
from pytest_glue.scheduling.sharding import family_lines
from pytest_glue.session.annotations import annotation_lines
from pytest_glue.session.history import History
from pytest_glue.session.provenance import override_lines
from pytest_glue.session.report_file import ReportFiles
from pytest_glue.session.results import Results
from pytest_glue.session.step_summary import append_step_summary, step_summary
from pytest_glue.session.submission_folder import SubmissionFolder
from pytest_glue.session.traceback import hide_plugin_frames
from pytest_glue.session.unchecked import HAS_PASSED, IS_UNCHECKED

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Sequence

    from pytest_glue.core.family import Family
    from pytest_glue.session.session import GlueSession

NAME = "glue-reporter"
_EVALUATION = pytest.StashKey[Evaluation]()
_METADATA = pytest.StashKey[dict[str, Any]]()
"""What other plugins show of an item, until it has ended."""
_GOLDEN_LINES = pytest.StashKey[list[str]]()
"""Shown below the message of a red item: pytest's JUnit report holds the message alone."""
_COLOURS: dict[str, str] = {"title": "bold", Verdict.PASS: "green", Verdict.INCONCLUSIVE: "yellow"}
"""Of a line of the table by its status; that of an item with any other status is red."""


def attach_evaluation(item: pytest.Item, evaluation: Evaluation, *, with_properties: bool) -> None:
    """Attach an evaluation to its item: the item's test report carries it to the controller, JUnit shows its facts.

    Args:
        item: that is evaluated.
        evaluation: of the item.
        with_properties: whether the facts are properties of the test case in JUnit.
    """
    from pytest_glue.reports.golden_lines import golden_lines
    from pytest_glue.reports.junit import metadata, properties

    item.stash[_EVALUATION] = evaluation
    item.stash[_METADATA] = metadata(evaluation)
    item.stash[_GOLDEN_LINES] = golden_lines(evaluation.golden, evaluate_only=evaluation.conditions.evaluate_only)
    if with_properties:
        item.user_properties.extend(properties(evaluation))


def _path_of(config: pytest.Config, option: str) -> Path | None:
    """Return the file that a flag of pytest or of another plugin names."""
    given = getattr(config.option, option, None)
    return Path(os.path.expandvars(given)).expanduser() if given else None


def _other_files(config: pytest.Config) -> dict[str, Path]:
    """Return the files of a test run that are not this plugin's, by what they are."""
    found = {
        "the configuration of pytest": config.inipath,
        "the configuration of pytest-glue": _path_of(config, CONFIG),
        "the file of --junitxml": _path_of(config, "xmlpath"),
        "the file of --html": _path_of(config, "htmlpath"),
        "the summary of this step, which gets the report without a flag": step_summary(),
    }
    return {what: path for what, path in found.items() if path is not None}


class GlueReporter:
    """A plugin object that `start_session` registers."""

    def __init__(self, config: pytest.Config, session: GlueSession) -> None:
        """Check that all reports, the submission and pytest's JUnit report can be written.

        Raises:
            OptionError: two reports have the same file.
            MissingPackageError: a package that a report needs is not installed.
            ReportError: a file cannot be written.
        """
        self._config = config
        self._session = session
        self._results = Results()
        terminal: Any = config.pluginmanager.get_plugin("terminalreporter")
        for report in terminal.stats.get("error", ()) if terminal else ():  # before xdist's controller had a session
            if isinstance(report, pytest.CollectReport):
                self._results.add_uncollected(report)
        self._header_shown = False
        self._is_collected = False
        # Also in a worker: the controller starts its session with the first report where no flag is given.
        is_run = not config.option.collectonly
        self._files = ReportFiles(session.options, partial(show, config), _other_files(config)) if is_run else None
        is_writing = is_run and not session.is_worker
        self._history = History(session.options, config.rootpath, partial(show, config)) if is_writing else None
        self._submission = SubmissionFolder(session.options.submission if is_run else None)
        if is_writing and (junit := _path_of(config, "xmlpath")) is not None:
            from pytest_glue.reports.files import check_writable

            check_writable(junit, "JUnit")

    def pytest_report_header(self) -> list[str]:
        """Called before the collection, if a flag has started the session by then."""
        return self._header()

    def pytest_report_collectionfinish(self, items: Sequence[pytest.Item]) -> list[str]:
        """Show the header if it was not shown before, and what it cannot know: the collected items."""
        header = [] if self._header_shown else self._header()
        if self._config.get_verbosity() < 0:
            return header
        evaluated = [item for item in items if item.nodeid in self._session.evaluated]
        lines = [
            *self._session.unused_flags,
            *override_lines(evaluated),
            *family_lines(self._config, len(evaluated)),
            *self._failed_checks(items),
        ]
        return [*header, *self._fitting(f"glue: {line}" for line in lines)]

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self._results.add_uncollected(report)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self) -> None:
        self.write_empty()

    def write_empty(self) -> None:
        """Replace the report of an earlier test run, which looks complete, before the first item starts."""
        self._is_collected = True
        self._write()
        if self._history is not None:
            self._history.start()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Show verdicts and user errors without a traceback, and attach the evaluation to the report."""
        if call.excinfo is not None and not self._config.getoption("fulltrace", default=False):
            hide_plugin_frames(call.excinfo, self._config.rootpath)
        report = yield
        if call.excinfo is not None and isinstance(call.excinfo.value, GlueError | VerdictError):
            self._show_message(report, call.excinfo)
            if isinstance(call.excinfo.value, VerdictError) and (lines := item.stash.get(_GOLDEN_LINES, None)):
                report.sections.append(("golden examples that are predicted wrong", "\n".join(lines)))
        if (evaluation := item.stash.get(_EVALUATION, None)) is not None:
            del item.stash[_EVALUATION]
            report.__dict__["glue_evaluation"] = to_plain(evaluation)
        elif report.failed and call.excinfo is not None and "glue_evaluation" in getattr(item, "fixturenames", ()):
            report.__dict__.setdefault("glue_error", mask(call.excinfo.exconly()))
        if report.when == "call":
            item.stash[HAS_PASSED] = report.passed
        elif report.when == "teardown" and item.stash.get(IS_UNCHECKED, False):
            report.__dict__["glue_unchecked"] = True
        return report

    @pytest.hookimpl(optionalhook=True)
    def pytest_json_runtest_metadata(self, item: pytest.Item) -> dict[str, Any] | None:
        """Return the facts of an item for pytest-json-report, which asks after each phase of its test."""
        found = item.stash.get(_METADATA, None)
        return None if found is None else {"glue": found}

    def evaluation_of(self, nodeid: str) -> Evaluation | None:
        """Return the evaluation of an item; None if there is none yet."""
        return self._results.evaluations.get(nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Collect an item's evaluation, error or outcome, and rewrite the JSON report."""
        if not self._session.is_worker and self._results.add(report):
            self._write(is_item=True)
            if self._history is not None and hasattr(report, "glue_evaluation"):
                self._history.append(self._results.evaluations[report.nodeid])

    @pytest.hookimpl(tryfirst=True)  # before pytest writes the JUnit report
    def pytest_sessionfinish(self, exitstatus: int) -> None:
        """Write the final report, even if no item finished, and record how long the items took."""
        session, results = self._session, self._results
        if session.is_worker or self._config.option.collectonly:
            return
        if not self._is_collected:
            message = f"the test run ended before all items were collected (exit code {int(exitstatus)})"
            results.errors.setdefault("", message)
        results.drop_crashes_of_others(session.evaluated)
        # A report names its family only if it is complete: no item was left out or killed its process.
        is_complete = self._is_collected and results.collected and session.evaluated <= results.finished
        family = session.family if is_complete else None
        self._write(family, is_final=True)
        if self._history is not None:
            self._history.finish()
        ordered = [results.evaluations[nodeid] for nodeid in sorted(results.evaluations)]
        self._submission.write(ordered, len(session.options.checkpoints))
        if results.evaluations or results.errors:
            self._append_step_summary(family)
        if results.evaluations:
            from pytest_glue.scheduling.durations import record

            evaluations = list(results.evaluations.values())
            record(self._config, session.options, evaluations)
            _add_suite_properties(self._config, evaluations)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        results, options = self._results, self._session.options
        if not results.evaluations and not results.errors:
            return
        from pytest_glue.gate.ranking import rank_checkpoints
        from pytest_glue.reports.terminal import Summary, fitting, unchecked_lines, unused_lines

        evaluations = [results.evaluations[nodeid] for nodeid in sorted(results.evaluations)]
        # xdist's controller collects nothing: a worker tells which flags have no effect when it ends.
        unused_flags = self._session.unused_flags if self._n_workers else []
        unfinished = self._session.unfinished_tasks(results.evaluations)
        summary = Summary(
            evaluations=evaluations,
            errors=results.errors,
            outcomes=results.outcomes,
            own_tasks=options.task,
            ranking=rank_checkpoints(evaluations, options.alpha),
            warnings=(*unused_flags, *unused_lines(options, evaluations, unfinished)),
            width=self._width,
            verbosity=self._config.get_verbosity(),
        )
        write = terminalreporter.write_line
        terminalreporter.write_sep("=", "glue")
        for line, status in summary.lines():
            write(line, **({_COLOURS.get(status, "red"): True} if status else {}))
        for line in fitting(unchecked_lines(results.unchecked), self._width):
            write(line, red=True)
        for line in fitting(self._submission.lines, self._width):
            write(line)
        if self._submission.error is not None:
            write(printable(self._submission.error), red=True)
        summaries = [*(self._files.summaries if self._files else ()), *(self._history.summary if self._history else ())]
        for line, is_written in summaries:
            write(printable(line), red=not is_written)
        for line in annotation_lines(self._config, results, options.task):
            write(line)

    def _header(self) -> list[str]:
        from pytest_glue.reports.header import header

        self._header_shown = True
        if self._config.get_verbosity() < 0:
            return []
        options, is_collected_only = self._session.options, self._config.option.collectonly
        shown = header(options, max(self._n_workers, 1), collect_only=is_collected_only)
        return self._fitting([*(f"glue: {line}" for line in self._session.header_lines), *shown])

    def _fitting(self, lines: Iterable[str]) -> list[str]:
        """Return lines of the header so that they fit the terminal."""
        from pytest_glue.reports.width import wrapped

        return [part for line in lines for part in wrapped(line, self._width, indent="      ")]

    @property
    def _width(self) -> int:
        """The columns of the terminal; 80 where there is none, as in a pipe or in CI."""
        return self._config.get_terminal_writer().fullwidth

    @property
    def _n_workers(self) -> int:
        """The number of xdist's workers; 0 without xdist."""
        return len(getattr(self._config.option, "tx", None) or ())

    def _failed_checks(self, items: Sequence[pytest.Item]) -> list[str]:
        found = Counter(str(error) for error in self._session.failed_checks.values())
        return [f"{count} of {len(items)} items cannot run: {message}" for message, count in found.items()]

    def _write(self, family: Family | None = None, *, is_item: bool = False, is_final: bool = False) -> None:
        if not self._session.is_worker and self._files is not None:
            self._files.write(partial(self._document, family), is_item=is_item, is_final=is_final)

    def _document(self, family: Family | None) -> dict[str, Any]:
        """Return the report as plain data."""
        from pytest_glue.reports.json import document

        options, results = self._session.options, self._results
        found = results.evaluations.values()
        return document(options, found, results.errors, self._config.rootpath, family, results.outcomes)

    def _append_step_summary(self, family: Family | None) -> None:
        if (problem := append_step_summary(partial(self._document, family))) is not None:
            show(self._config, f"glue: {problem}")

    def _show_message(self, report: pytest.TestReport, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        message = str(excinfo.value)
        if isinstance(excinfo.value, GlueError):
            report.__dict__["glue_error"] = message
        if not self._config.getoption("fulltrace", default=False):
            representation: Any = excinfo.getrepr(style="value", chain=False)
            representation.reprcrash.message = message
            report.longrepr = representation


def _add_suite_properties(config: pytest.Config, evaluations: Sequence[Evaluation]) -> None:
    """Add the facts that all items share to pytest's JUnit report, if it writes one."""
    from _pytest.junitxml import xml_key

    from pytest_glue.reports.junit import suite_properties

    if (junit := config.stash.get(xml_key, None)) is not None:
        for name, value in suite_properties(evaluations):
            junit.add_global_property(name, value)
