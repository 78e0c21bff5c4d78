"""A test that passes without asking for its red verdict."""

from collections.abc import Callable
from typing import Any

import pytest

Run = Callable[..., pytest.RunResult]
Report = Callable[..., Any]

RED = ("--glue-tasks=stsb", "--glue-threshold=stsb=1", "--glue-json=out.json")
SUITE = """
import pytest

def test_forgets(glue_evaluation):
    assert glue_evaluation.runs and repr(glue_evaluation) and glue_evaluation.reason
    glue_evaluation.check  # without a call

@pytest.mark.glue(unchecked="pass")
def test_reports(glue_evaluation): ...

def test_decides(glue_evaluation):
    assert glue_evaluation.score < 1 and glue_evaluation.failed

def test_reads(glue_evaluation):
    assert glue_evaluation.verdict == "fail"

def test_expects(glue_evaluation):
    with pytest.raises(AssertionError):
        glue_evaluation.check()

def test_fails(glue_evaluation):
    assert glue_evaluation.score == 1

def test_skips(glue_evaluation):
    pytest.skip("not today")

@pytest.mark.glue(threshold={"stsb": -1})
def test_green(glue_evaluation): ...
"""


def test_a_forgotten_check_is_an_error(pytester: pytest.Pytester, tiny: Run, report: Report) -> None:
    """It is an error with the verdict and the remedies, unless an option says that the test only reports.

    A test that reads `failed` or `verdict`, calls `check()`, or did not pass has handled its verdict.
    """
    pytester.makepyfile(test_suite=SUITE)

    result = tiny(*RED, "-k", "not green")

    result.assert_outcomes(passed=5, failed=1, skipped=1, errors=1, deselected=1)
    (line,) = [line for line in result.outlines if line.startswith("ERROR ")]
    assert "ERROR test_suite.py::test_forgets[stsb-sample] - stsb · sample: pearson 0." in line
    assert "call `glue_evaluation.check()` at its end" in line
    assert "; --glue-unchecked=pass is for tests that only report" in result.stdout.str()
    names = ", ".join(f"test_suite.py::{name}[stsb-sample]" for name in ("test_forgets", "test_reports"))
    assert f"2 tests passed without a check of the red verdict: {names}" in result.outlines
    found = {each["nodeid"].split("::")[1].partition("[")[0]: each["outcome"] for each in report()["results"]}
    assert {
        "test_forgets": "error",
        "test_reports": "passed",
        "test_decides": "passed",
        "test_reads": "passed",
        "test_expects": "passed",
        "test_fails": "failed",
        "test_skips": "skipped",
    } == found
    assert [] == report()["errors"]
    result.stdout.fnmatch_lines(["test_forgets *fail, test error", "test_reports *fail, test passed"])


def test_the_option_and_a_green_verdict(pytester: pytest.Pytester, tiny: Run, report: Report) -> None:
    """With `--glue-unchecked=pass` no test is an error; a green verdict need not be checked."""
    pytester.makepyfile(test_suite=SUITE)

    tiny(*RED, "--glue-unchecked=pass", "-k", "forgets").assert_outcomes(passed=1, deselected=7)
    assert "pass" == report()["options"]["unchecked"]
    result = tiny("--glue-tasks=stsb", "-k", "green")
    result.assert_outcomes(passed=1, deselected=7)
    result.stdout.no_fnmatch_line("*without a check*")


def test_a_misspelt_attribute(pytester: pytest.Pytester, tiny: Run) -> None:
    """The traceback has the line of the test and no frame of the plugin; the message has the name that was meant."""
    pytester.makepyfile(test_suite="def test_glue(glue_evaluation):\n    assert glue_evaluation.scor > 0.5\n")

    result = tiny("--glue-tasks=stsb")

    result.stdout.fnmatch_lines(["*test_suite.py:2: AttributeError"])
    result.stdout.fnmatch_lines(["E   *AttributeError: glue_evaluation has no attribute 'scor': did you mean score?"])
    assert "unchecked.py" not in result.stdout.str()
