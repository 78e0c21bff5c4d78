"""What the test reports of a test run say: the evaluation, error and outcome of each item."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_glue.core.evaluation import Evaluation
from pytest_glue.core.serialization import from_plain

if TYPE_CHECKING:
    from collections.abc import Collection

    import pytest

    from pytest_glue.core.evaluation import Outcome
    from pytest_glue.reports.annotations import Location


class Results:
    """Evaluations, errors and outcomes by node id, in the process that writes the reports."""

    def __init__(self) -> None:
        self.evaluations: dict[str, Evaluation] = {}
        self.errors: dict[str, str] = {}
        """Messages of items that ended without a verdict, and of files that could not be collected."""
        self.outcomes: dict[str, Outcome] = {}
        self.finished: set[str] = set()
        """Tests that were torn down."""
        self.unchecked: set[str] = set()
        """Items whose test passed and never asked for their failing verdict."""
        self.collected = True
        """Whether every test file could be collected."""
        self._crashes: dict[str, str] = {}
        self._locations: dict[str, Location] = {}

    def location(self, nodeid: str) -> Location:
        """Return the file of a test or of a file that could not be collected, and the line if it is known."""
        return self._locations.get(nodeid, (nodeid.partition("::")[0], None))

    def add(self, report: pytest.TestReport) -> bool:
        """Take in a test report, and return whether that changes the JSON report."""
        nodeid = report.nodeid
        file, line, _ = report.location
        self._locations[nodeid] = file, None if line is None else line + 1
        if report.when == "teardown":
            self.finished.add(nodeid)
        if getattr(report, "glue_unchecked", False):
            self.unchecked.add(nodeid)
        is_known = self._add_outcome(report)
        if (evaluation := getattr(report, "glue_evaluation", None)) is not None:
            self.evaluations[nodeid] = from_plain(evaluation, Evaluation)
            self.errors.pop(nodeid, None)  # of an attempt before
            return True
        if report.failed and nodeid not in self.evaluations:
            self._add_error(report)
            return True
        return is_known and nodeid in self.evaluations

    def add_uncollected(self, report: pytest.CollectReport) -> None:
        """Record that a file could not be collected."""
        self.collected = False
        self.errors[report.nodeid] = report.longreprtext

    def drop_crashes_of_others(self, evaluated: Collection[str]) -> None:
        """Forget the crashes of tests that are not evaluated; which are, xdist's controller knows at the end only."""
        for nodeid in self._crashes.keys() - set(evaluated):
            if self.errors.get(nodeid) == self._crashes[nodeid]:
                del self.errors[nodeid]

    def _add_outcome(self, report: pytest.TestReport) -> bool:
        """Record the outcome that a report shows, and return whether it shows one; a failure stays one at teardown."""
        outcome = _outcome(report)
        if outcome is None or (report.when == "teardown" and self.outcomes.get(report.nodeid) == "failed"):
            return False
        self.outcomes[report.nodeid] = outcome
        return True

    def _add_error(self, report: pytest.TestReport) -> None:
        message = getattr(report, "glue_error", None)
        if message is None and report.when not in {"setup", "call", "teardown"}:  # xdist's report of a killed worker
            message = self._crashes[report.nodeid] = report.longreprtext
        if message is not None:
            self.errors[report.nodeid] = message


def _outcome(report: pytest.TestReport) -> Outcome | None:
    """Return the outcome of a test that this report shows; None if it shows none."""
    match report.when, report.outcome:
        case "call", "passed":
            return "xpassed" if hasattr(report, "wasxfail") else "passed"
        case "call", "failed":
            return "failed"
        case (("setup" | "call"), "skipped"):
            return "xfailed" if hasattr(report, "wasxfail") else "skipped"
        case _, "failed":
            return "error"
    return None
