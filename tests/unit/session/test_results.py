"""What the test reports of a test run say about its items."""

from typing import Any

import pytest

from pytest_glue.core.serialization import to_plain
from pytest_glue.session.results import Results
from tests.factories import make_evaluation

NODEID = "test_a.py::test_glue[rte-a-b]"


def make_report(when: str, outcome: str, longrepr: Any = None, **attributes: Any) -> pytest.TestReport:
    """Return a test report of the item with further attributes."""
    report: Any = pytest.TestReport
    made: pytest.TestReport = report(NODEID, ("test_a.py", 1, "test_glue"), {}, outcome, longrepr, when, **attributes)
    return made


def evaluated(when: str = "setup") -> pytest.TestReport:
    """Return the report that carries the evaluation."""
    return make_report(when, "passed", glue_evaluation=to_plain(make_evaluation(nodeid=NODEID)))


@pytest.mark.parametrize(
    ("reports", "expected"),
    [
        ([("setup", "passed")], None),
        ([("setup", "skipped")], "skipped"),
        ([("setup", "failed")], "error"),
        ([("setup", "passed"), ("call", "passed"), ("teardown", "passed")], "passed"),
        ([("setup", "passed"), ("call", "failed"), ("teardown", "failed")], "failed"),
        ([("setup", "passed"), ("call", "passed"), ("teardown", "failed")], "error"),
        ([("setup", "failed"), ("teardown", "passed"), ("setup", "passed"), ("call", "passed")], "passed"),
        ([("???", "failed")], "error"),
    ],
)
def test_the_outcome(reports: list[tuple[str, str]], expected: str | None) -> None:
    """It is pytest's, and that of the last attempt; what fails at teardown had no other failure."""
    results = Results()
    for when, outcome in reports:
        results.add(make_report(when, outcome))
    assert expected == results.outcomes.get(NODEID)


@pytest.mark.parametrize(("outcome", "expected"), [("skipped", "xfailed"), ("passed", "xpassed")])
def test_an_expected_failure(outcome: str, expected: str) -> None:
    """A test that is marked `xfail` has an outcome of its own."""
    results = Results()
    results.add(make_report("call", outcome, wasxfail="reason: known"))
    assert expected == results.outcomes[NODEID]


def test_an_evaluation_replaces_an_error() -> None:
    """After an error and a rerun, an item is a result only; a later failure of its test is no error."""
    results = Results()
    assert results.add(make_report("setup", "failed", "text", glue_error="not yet"))
    assert {NODEID: "not yet"} == results.errors
    assert results.add(evaluated())
    assert results.add(make_report("call", "failed", "text", glue_error="an assertion"))
    assert {} == results.errors
    assert {NODEID} == results.evaluations.keys()


def test_a_rerun_is_no_error() -> None:
    """An attempt that another plugin calls a rerun has not failed."""
    results = Results()
    results.add(make_report("setup", "rerun", "text", glue_error="not yet"))
    assert ({}, {}) == (results.errors, results.outcomes)


def test_killed_workers() -> None:
    """Xdist's report is the error of an item; that of a test that is no item is dropped at the end."""
    for evaluated_items, expected in (({NODEID}, {NODEID: "worker gw0 crashed"}), ({"other"}, {})):
        results = Results()
        results.add(make_report("???", "failed", "worker gw0 crashed"))
        results.drop_crashes_of_others(evaluated_items)
        assert expected == results.errors


def test_what_changes_the_report() -> None:
    """Evaluations, errors and outcomes of evaluated items do."""
    results = Results()
    changes = [results.add(make_report("setup", "passed")), results.add(make_report("call", "passed"))]
    changes += [results.add(evaluated()), results.add(make_report("call", "passed"))]
    assert [False, False, True, True] == changes
    assert not results.add(make_report("teardown", "passed"))
    assert {NODEID} == results.finished
