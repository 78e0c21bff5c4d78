"""Stopping when it is decided: fewer epochs, the same verdict, and a score that says that it is a lower bound."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

Run = Callable[..., pytest.RunResult]
Report = Callable[..., Any]
JUnit = Callable[[], dict[str, ET.Element]]

SAMPLE = ("--glue-data=sample", "--glue-checkpoints=sample", "--glue-json=out.json")
SMALL = (*SAMPLE, "--glue-max-train-samples=96", "--glue-max-eval-samples=48")
STSB = (*SMALL, "--glue-tasks=stsb")
STOP = "--glue-stop-when-decided"


@pytest.fixture
def folder() -> Path:
    """The folder of this test's store."""
    return Path(os.environ["PYTEST_GLUE_CACHE"])


def found(report: Report) -> dict[str, Any]:
    """Return the one item's result without what a clock and the store say."""
    (result,) = report()["results"]
    clocks = {"duration_s": None, "cached": None}
    return {**result, "duration_s": None, "notes": None, "runs": [{**run, **clocks} for run in result["runs"]]}


@pytest.mark.parametrize("threshold", ["--glue-threshold=stsb=0.5", "--glue-threshold=stsb=-1", ""])
def test_a_run_ends_once_its_item_passes(
    here: Run, report: Report, junit: JUnit, folder: Path, tmp_path: Path, threshold: str
) -> None:
    """An epoch above its bound is the last: above a threshold, above 0 where that is lower, or above chance."""
    asked = (*STSB, *([threshold] if threshold else []))
    here(*asked, f"--glue-cache-dir={tmp_path / 'whole'}").assert_outcomes(passed=1)
    whole = found(report)

    result = here(*asked, STOP, "--junitxml=out.xml")

    result.assert_outcomes(passed=1)
    stopped = found(report)
    (before,), (run,) = whole["runs"], stopped["runs"]
    assert (False, True) == (before["stopped"], run["stopped"])
    assert (5, 1) == (len(before["history"]), len(run["history"]))
    assert before["history"][0]["metrics"] == run["history"][0]["metrics"] == run["metrics"]
    assert stopped["score"] <= whole["score"]
    assert "pass" == whole["verdict"] == stopped["verdict"]
    assert None is stopped["confidence_interval"] is not whole["confidence_interval"]
    score = f"{stopped['score']:.3f}"
    assert f"pearson at least {score} >" in stopped["reason"]
    result.stdout.fnmatch_lines(
        [f"stsb * ≥{score} * ≥+* pass", "stsb: seed 42 stopped early, once the verdict was sure: *"]
    )
    (case,) = junit().values()
    assert ["1"] == [each.attrib["value"] for each in case.findall(".//property[@name='glue.stopped_runs']")]
    assert [] == list(folder.glob("**/*.run"))


def test_a_run_that_does_not_pass_goes_to_its_end(here: Run, report: Report, tmp_path: Path) -> None:
    """Where the bound is never reached, the result is to the last digit the one without the option, and is kept."""
    asked = (*STSB, "--glue-threshold=stsb=0.99")
    here(*asked, f"--glue-cache-dir={tmp_path / 'whole'}").assert_outcomes(failed=1)
    whole = found(report)
    here(*asked, STOP).assert_outcomes(failed=1)
    assert whole == found(report)
    here(*asked, STOP).assert_outcomes(failed=1)
    assert [True] == [run["cached"] for run in report()["results"][0]["runs"]]


def test_a_whole_run_that_is_kept_is_read(here: Run, report: Report) -> None:
    """What was trained to its end says more than a lower bound, and costs nothing."""
    here(*STSB).assert_outcomes(passed=1)
    whole = found(report)
    here(*STSB, STOP).assert_outcomes(passed=1)
    assert whole == found(report)


def test_a_mean_that_lower_bounds_do_not_carry(here: Run, report: Report, tmp_path: Path) -> None:
    """A seed that was stopped is trained to its end where the mean then misses: the verdict is that of whole runs."""
    rte = (*SMALL, "--glue-tasks=rte", f"--glue-cache-dir={tmp_path / 'whole'}")
    here(*rte, "--glue-seeds=42,43", "--glue-threshold=rte=0").assert_outcomes(passed=1)
    scores = {run["seed"]: run["metrics"]["accuracy"] for run in report()["results"][0]["runs"]}
    low, high = sorted(scores, key=lambda seed: scores[seed])
    assert scores[low] < scores[high], "the seeds do not differ: nothing is tested"
    between = (scores[low] + 3 * scores[high]) / 4
    asked = (f"--glue-seeds={high},{low}", f"--glue-threshold=rte={between}")
    here(*rte, *asked).assert_outcomes(failed=1)
    whole = found(report)

    here(*rte, *asked, STOP, f"--glue-cache-dir={tmp_path / 'other'}").assert_outcomes(failed=1)

    assert whole == found(report)


@pytest.mark.parametrize("other", ["save", "compare"])
@pytest.mark.parametrize("place", ["command line", "table"])
def test_baselines_need_whole_runs(pytester: pytest.Pytester, here: Run, other: str, place: str) -> None:
    """A lower bound is neither recorded nor compared: the options are refused together, before anything is trained."""
    if place == "table":
        pytester.makepyprojecttoml("[tool.pytest_glue]\nstop_when_decided = true\n")
    result = here(*STSB, f"--glue-{other}=main", *([STOP] if place == "command line" else []))
    assert pytest.ExitCode.USAGE_ERROR == result.ret
    message = f"--glue-stop-when-decided leaves lower bounds, and --glue-{other}=main needs scores: leave out one*"
    result.stderr.fnmatch_lines([f"*{message}"])
