"""Verdicts: which items fail, and their sentences in terminal, JUnit and JSON."""

import re
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree as ET

import pytest

Run = Callable[..., pytest.RunResult]
Report = Callable[..., Any]
JUnit = Callable[[], dict[str, ET.Element]]

NO_ANSWER_IS_RIGHT = """
import pytest

@pytest.fixture
def glue_compute_metrics():
    return lambda output: {"accuracy": 0.0}
"""


def properties(case: ET.Element) -> dict[str, str]:
    """Return the properties of a JUnit test case."""
    return {each.attrib["name"]: each.attrib["value"] for each in case.iter("property")}


def test_a_missed_threshold_fails(tiny: Run, report: Report, junit: JUnit) -> None:
    """Exactly the item below its threshold fails, with one sentence in the terminal, in JUnit and in JSON."""
    thresholds = ("--glue-threshold=sst2=0", "--glue-threshold=stsb=1")
    result = tiny("--glue-tasks=sst2,stsb", *thresholds, "--glue-json=out.json", "--junitxml=out.xml")

    assert pytest.ExitCode.TESTS_FAILED == result.ret
    result.assert_outcomes(failed=1, passed=1)
    sst2, stsb = report()["results"]
    assert ("pass", 0.0) == (sst2["verdict"], sst2["threshold"])
    assert ("fail", 1.0) == (stsb["verdict"], stsb["threshold"])
    assert re.fullmatch(
        r"stsb · sample: pearson -?0\.\d+ < threshold 1\.000 \(-\d\.\d+; n=24, 1 seed, 95% CI -?\d\.\d+ to -?\d\.\d+\)",
        stsb["reason"],
    )
    assert [f"FAILED test_suite.py::test_glue[stsb-sample] - {stsb['reason']}"] == [
        line for line in result.outlines if line.startswith("FAILED")
    ]
    failure = junit()["test_glue[stsb-sample]"].find("failure")
    assert failure is not None
    assert stsb["reason"] == failure.attrib["message"]
    assert stsb["reason"] == failure.text


def test_a_verdict_has_no_traceback(pytester: pytest.Pytester, tiny: Run) -> None:
    """A failed item shows its sentence without a traceback; `--full-trace` shows where it was raised."""
    red = ("--glue-tasks=stsb", "--glue-threshold=stsb=1")

    plain, full = tiny(*red).stdout.str(), tiny(*red, "--full-trace").stdout.str()

    for of_a_traceback in ("glue_evaluation.check()", "VerdictError", "test_suite.py:2: "):
        assert of_a_traceback not in plain
        assert of_a_traceback in full


def test_the_properties_in_junit(tiny: Run, report: Report, junit: JUnit) -> None:
    """The JUnit properties of an item agree with the JSON report."""
    tiny("--glue-tasks=stsb", "--glue-threshold=stsb=-1", "--glue-json=out.json", "--junitxml=out.xml")

    (result,) = report()["results"]
    assert {
        "glue.task": "stsb",
        "glue.checkpoint": "sample",
        "glue.metric": "pearson",
        "glue.score": f"{result['score']:.6g}",
        "glue.threshold": "-1",
        "glue.verdict": "pass",
        "glue.reason": result["reason"],
        "glue.synthetic": "true",
    } == properties(junit()["test_glue[stsb-sample]"])
    assert re.fullmatch(
        r"stsb · sample: pearson -?0\.\d{3} >= threshold -1\.000 "
        r"\(\+\d\.\d{3}; n=24, 1 seed, 95% CI -?\d\.\d+ to -?\d\.\d+\)",
        result["reason"],
    )


def test_without_a_threshold(pytester: pytest.Pytester, tiny: Run, report: Report, junit: JUnit) -> None:
    """An item that does not beat the chance level fails, except on WNLI, which is report-only."""
    pytester.makeconftest(NO_ANSWER_IS_RIGHT)

    learning = "--glue-recipe=learning_rate=1e-3"
    result = tiny("--glue-tasks=sst2,wnli", learning, "--glue-json=out.json", "--junitxml=out.xml")

    result.assert_outcomes(failed=1, passed=1)
    sst2, wnli = report()["results"]
    assert ("fail", None) == (sst2["verdict"], sst2["threshold"])
    assert f"accuracy 0.000 does not beat the chance level {sst2['chance']:.3f}" in sst2["reason"]
    assert ("pass", None) == (wnli["verdict"], wnli["threshold"])
    assert "on wnli: give a threshold to have it judged (" in wnli["reason"]
    assert "report-only" in wnli["reason"]
    assert "glue.threshold" not in properties(junit()["test_glue[wnli-sample]"])
    result.stdout.fnmatch_lines(["wnli: wnli is report-only, because *"])


def test_wnli_with_a_threshold_is_judged(pytester: pytest.Pytester, tiny: Run) -> None:
    """With a threshold WNLI is judged like any other task and is not called report-only."""
    pytester.makeconftest(NO_ANSWER_IS_RIGHT)

    result = tiny("--glue-tasks=wnli", "--glue-threshold=wnli=0.5")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["FAILED *accuracy 0.* < threshold 0.500*; n=24, 1 seed*)"])
    result.stdout.no_fnmatch_line("*report-only*")


def test_each_metric_can_have_a_threshold(tiny: Run, report: Report) -> None:
    """An item fails if it misses one of several thresholds, and the sentence names that one."""
    thresholds = ("--glue-threshold=stsb=-1", "--glue-threshold=stsb:spearmanr=1")
    result = tiny("--glue-tasks=stsb", *thresholds, "--glue-json=out.json")

    result.assert_outcomes(failed=1)
    result.stdout.re_match_lines([r"FAILED .* stsb · sample: spearmanr -?0\.\d+ < threshold 1\.000 .*"])
    assert -1.0 == report()["results"][0]["threshold"]


def test_the_table(tiny: Run) -> None:
    """The table has a row for each item; the chance level, in brackets, stands in for a missing threshold."""
    result = tiny("--glue-tasks=sst2,stsb", "--glue-threshold=sst2=0")

    start = next(number for number, line in enumerate(result.outlines) if re.fullmatch("=+ glue =+", line))
    header, sst2, stsb = (re.split(r"\s{2,}", line) for line in result.outlines[start + 1 : start + 4])
    assert [
        "task",
        "checkpoint",
        "metric",
        "score",
        "95% CI",
        "compared with",
        "difference",
        "time",
        "verdict",
    ] == header
    assert ["sst2", "sample", "accuracy", "0.000", "pass"] == [*sst2[:3], sst2[5], sst2[8]]
    assert ["stsb", "sample", "pearson", "(0.000)"] == [*stsb[:3], stsb[5]]
    for row in (sst2, stsb):
        assert f"{float(row[3]):+.3f}" == row[6]
        assert re.fullmatch(r"-?\d\.\d{3} to \d\.\d{3}", row[4])
        assert re.fullmatch(r"\d+\.\d s", row[7])


def test_synthetic_data_is_said_when_quiet(tiny: Run, junit: JUnit) -> None:
    """Under `-q`, which has no header, the summary says that the data is synthetic, and so does JUnit."""
    result = tiny("-q", "--glue-tasks=stsb", "--glue-threshold=stsb=-1", "--junitxml=out.xml")

    result.stdout.fnmatch_lines(["SYNTHETIC DATA: good for trying out the gate, no evidence of quality"])
    assert "true" == properties(junit()["test_glue[stsb-sample]"])["glue.synthetic"]
    result.stdout.no_fnmatch_line("*batching: *")


def test_the_header(tiny: Run) -> None:
    """The header names tasks, checkpoints, seeds, data, device and versions, and warns that the data is synthetic."""
    result = tiny("--glue-tasks=sst2,cola", "--glue-seeds=7,8", "--co")

    result.stdout.fnmatch_lines(
        [
            "glue: tasks cola, sst2; checkpoints sample; seeds 7, 8",
            "glue: data sample (synthetic data); device *; torch *, transformers *, datasets *",
            "glue: SYNTHETIC DATA: *",
        ]
    )
