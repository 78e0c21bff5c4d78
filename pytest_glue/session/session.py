"""The session: what one test run of glue items knows and does. It exists only where there are such items."""

from __future__ import annotations

import secrets
from contextlib import suppress
from dataclasses import asdict
from threading import Lock
from typing import TYPE_CHECKING, Any

import pytest

from pytest_glue.config.sources import OptionSources
from pytest_glue.core.choices import ExecutorKind
from pytest_glue.core.errors import GlueError, OptionError, VerdictError
from pytest_glue.core.evaluation import Evaluation
from pytest_glue.core.serialization import from_plain, to_plain
from pytest_glue.core.shards import Family
from pytest_glue.core.verdict import Verdict
from pytest_glue.session.progress import SessionProgress
from pytest_glue.session.worker_resources import share_cores, take_device

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence
    from pathlib import Path

    from pytest_glue.config.options import Options
    from pytest_glue.session.dispatcher import Dispatcher

_NAME = "glue-session"
_PROGRESS_NAME = "glue-progress"
_MAKING = Lock()
"""xdist receives the reports of each worker in a thread of its own, and two of them can be the first."""
_EVALUATION = pytest.StashKey[Evaluation]()
_COLOURS = {Verdict.PASS: "green", Verdict.INCONCLUSIVE: "yellow", Verdict.FAIL: "red", Verdict.DEGENERATE: "red"}


class GlueSession:
    """A plugin of its own, registered when the first glue flag, item or report is seen.

    Life cycle: under xdist each worker has one that runs items, and the controller one that writes reports; without
    xdist one does both.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._settings = OptionSources.from_pytest_config(config)
        worker: Any = getattr(config, "workerinput", None)
        self._is_worker = worker is not None
        self._test_run: str = (worker or {}).get("testrunuid") or secrets.token_hex(16)
        if worker is not None:
            share_cores(worker["workercount"])
            take_device(worker)
        self._options = self._settings.options()
        if self._options.executor is ExecutorKind.RAY and "glue_options" not in (worker or {}) and _has_workers(config):
            message = "--glue-executor=ray has workers of its own: leave out -n"
            raise OptionError(message)
        self._given: Mapping[str, Options] = (worker or {}).get("glue_options", {})
        self._asked: dict[str, Options] = {}
        self.dispatch: Dispatcher | None = None
        self._evaluations: dict[str, Evaluation] = {}
        self._errors: dict[str, str] = {}
        self._header_shown = False
        self._family: Family | None = None
        self._due: frozenset[str] = frozenset()
        self._ended: set[str] = set()
        self.progress = SessionProgress(config)
        if self._options.json and not config.option.collectonly:
            # By a worker too: of a report that no flag names, the controller hears with the first item's result.
            from pytest_glue.reports.json import check_writable

            check_writable(self._options.json)

    @classmethod
    def of(cls, config: pytest.Config) -> GlueSession:
        """Return the session of a test run; made at the first call.

        Raises:
            GlueError: an option is not accepted, or the report cannot be written.
        """
        with _MAKING:
            session = config.pluginmanager.get_plugin(_NAME)
            if session is None:
                session = cls(config)
                config.pluginmanager.register(session, _NAME)
                config.pluginmanager.register(session.progress, _PROGRESS_NAME)
        assert isinstance(session, cls)
        return session

    def options_of(self, node: pytest.Item | pytest.Collector) -> Options:
        """Return the options of a test, its markers included; in a worker of an executor, the controller's."""
        if (given := self._given.get(node.nodeid)) is not None:
            return given
        self._asked[node.nodeid] = options = self._settings.options(*node.iter_markers("glue"))
        return options

    @property
    def family_size(self) -> int:
        """How many items are judged together; the same in every worker, and in every part of a sharded test run."""
        return max(self._family.size, 1) if self._family else 1

    @property
    def test_run(self) -> str:
        """What tells this test run from any other; the same in every worker."""
        return self._test_run

    @property
    def command(self) -> str:
        """The command that started this test run, as a shell takes it."""
        import shlex

        arguments = getattr(self._config, "workerinput", {}).get("mainargv", ["", *self._config.invocation_params.args])
        return shlex.join(["pytest", *(str(each) for each in arguments[1:] if each != "--glue-cache=only")])

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Keep this test run's part of the items, once `-k`, `-m` and the like have chosen theirs."""
        if self._options.shard is not None and not self._given:
            from pytest_glue.scheduling.sharding import keep_part

            self._family = keep_part(self._config, items, self._options.shard, self.options_of)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Called once it is known which items will run, also in a worker, which knows all of them."""
        from pytest_glue.scheduling.cost_model import typical
        from pytest_glue.scheduling.durations import expected
        from pytest_glue.scheduling.sharding import judged

        items = judged(session.items)
        self._due = frozenset(items)
        for item in session.items:
            if item.nodeid in self._due:
                with suppress(GlueError):  # of a parameter's own marker: the item's turn will tell
                    self.options_of(item)
        costs = expected(self._config, {nodeid: self._asked[nodeid] for nodeid in items if nodeid in self._asked})
        self.progress.listener.expect({nodeid: costs.get(nodeid, typical(costs)) for nodeid in items})
        self._family = self._family or Family(len(self._due))
        if self._is_worker:
            output: Any = getattr(self._config, "workeroutput")  # noqa: B009 - xdist's, so pytest declares none
            output["glue_family"], output["glue_due"] = asdict(self._family), sorted(self._due)
        elif self._options.executor is ExecutorKind.RAY and not self._config.option.collectonly:
            self._send_for_runs(session.items)

    def _send_for_runs(self, items: Sequence[pytest.Item]) -> None:
        from pytest_glue.session.dispatcher import Dispatcher

        self.dispatch = Dispatcher(self._config, self._options, self._asked, self.command, self.progress.listener)
        try:
            self.dispatch.begin(items)
        except GlueError as error:
            raise pytest.UsageError(str(error)) from None

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Called on xdist's controller, which collects nothing, when a worker has ended: it knows the family."""
        output = getattr(node, "workeroutput", {})
        if "glue_family" in output:
            self._family, self._due = Family(**output["glue_family"]), frozenset(output["glue_due"])

    def record(self, item: pytest.Item, evaluation: Evaluation) -> None:
        """Keep an item's evaluation for its report, and put its facts among the properties of the JUnit test case."""
        from pytest_glue.reports.junit import properties

        item.stash[_EVALUATION] = evaluation
        item.user_properties.extend(properties(evaluation))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Let a verdict or an error of the user's world be read as its message, and send the evaluation along."""
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
        """Collect what items found, where reports are written, and write them as each item ends."""
        if self._is_worker:
            return
        if report.when == "teardown":
            self._ended.add(report.nodeid)
        if (evaluation := getattr(report, "glue_evaluation", None)) is not None:
            self._evaluations[report.nodeid] = from_plain(evaluation, Evaluation)
        elif (message := getattr(report, "glue_error", None)) is not None and report.nodeid not in self._evaluations:
            self._errors[report.nodeid] = message
        else:
            return
        self._write()

    def pytest_sessionfinish(self) -> None:
        """Give up what no item waits for any more, and write the report of a test run in which no item ended, too."""
        if self.dispatch is not None:
            self.dispatch.close()
        if not self._is_worker and not self._config.option.collectonly:
            # An item that was never reached, or killed its process, is missing: nobody is to take that for the whole.
            self._write(self._family if self._due <= self._ended else None)
            if self._evaluations:
                from pytest_glue.scheduling.durations import record

                record(self._config, self._options, list(self._evaluations.values()))

    def pytest_report_header(self) -> list[str]:
        """Called before collection, and so only where a flag made the session that early."""
        return self._header()

    def pytest_report_collectionfinish(self) -> list[str]:
        """Called after collection, by which an item has made the session at the latest."""
        return [] if self._header_shown else self._header()

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Show the table of evaluations."""
        if not self._evaluations:
            return
        from pytest_glue.reports.terminal import notes, search_lines, summary_lines, table

        evaluations = [self._evaluations[nodeid] for nodeid in sorted(self._evaluations)]
        terminalreporter.write_sep("=", "glue")
        for line, verdict in table(evaluations):
            terminalreporter.write_line(line, **({_COLOURS[verdict]: True} if verdict else {"bold": True}))
        for line in [*search_lines(evaluations), *notes(evaluations), *summary_lines(self._options, evaluations)]:
            terminalreporter.write_line(line)
        if self._report_path:
            terminalreporter.write_line(f"JSON report: {self._report_path}")

    @property
    def _report_path(self) -> Path | None:
        return None if self._is_worker else self._options.json

    def _header(self) -> list[str]:
        from pytest_glue.reports.header import header

        self._header_shown = True
        workers = len(getattr(self._config.option, "tx", None) or ())  # xdist's
        return [] if self._config.get_verbosity() < 0 else header(self._options, max(workers, 1))

    def _write(self, family: Family | None = None) -> None:
        if self._report_path is not None:
            from pytest_glue.reports.json import document, write

            evaluations = self._evaluations.values()
            root = self._config.rootpath
            write(self._report_path, document(self._options, evaluations, self._errors, root, family))

    def _show_message(self, report: pytest.TestReport, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        message = str(excinfo.value)
        if isinstance(excinfo.value, GlueError):
            report.__dict__["glue_error"] = message
        if not self._config.getoption("fulltrace"):
            representation: Any = excinfo.getrepr(style="value", chain=False)
            representation.reprcrash.message = message
            report.longrepr = representation


def _has_workers(config: pytest.Config) -> bool:
    """Whether this is a process of a test run that xdist spreads over several."""
    return hasattr(config, "workerinput") or bool(getattr(config.option, "tx", None))
