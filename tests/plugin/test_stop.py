"""`--glue-stop-when-decided`: fewer epochs, the same verdict, and a score that is a lower bound."""

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
    """The folder of this test's cache."""
    return Path(os.environ["PYTEST_GLUE_CACHE"])


def found(report: Report) -> dict[str, Any]:
    """Return the one item's result without durations, notes and the cache flag."""
    (result,) = report()["results"]
    clocks = {"duration_s": None, "cached": None}
    return {**result, "duration_s": None, "notes": None, "runs": [{**run, **clocks} for run in result["runs"]]}


@pytest.mark.parametrize("threshold", ["--glue-threshold=stsb=0.5", "--glue-threshold=stsb=-1", ""])
def test_a_run_ends_once_its_item_passes(
    here: Run, report: Report, junit: JUnit, folder: Path, tmp_path: Path, threshold: str
) -> None:
    """A run ends after an epoch above the threshold, or above 0 or the chance level if that is the bound."""
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


def test_a_run_that_does_not_pass_is_not_stopped(here: Run, report: Report, tmp_path: Path) -> None:
    """If the bound is never reached, the result is exactly that without the option, and is cached."""
    asked = (*STSB, "--glue-threshold=stsb=0.99")
    here(*asked, f"--glue-cache-dir={tmp_path / 'whole'}").assert_outcomes(failed=1)
    whole = found(report)
    here(*asked, STOP).assert_outcomes(failed=1)
    assert whole == found(report)
    here(*asked, STOP).assert_outcomes(failed=1)
    assert [True] == [run["cached"] for run in report()["results"][0]["runs"]]


def test_a_cached_full_run_is_used(here: Run, report: Report) -> None:
    """A cached full run is used instead of a new run that stops early."""
    here(*STSB).assert_outcomes(passed=1)
    whole = found(report)
    here(*STSB, STOP).assert_outcomes(passed=1)
    assert whole == found(report)


def test_a_stopped_run_is_repeated_if_the_mean_misses(here: Run, report: Report, tmp_path: Path) -> None:
    """A stopped run is repeated in full if the mean misses the threshold: the verdict is that of full runs."""
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
@pytest.mark.parametrize("source", ["command line", "table"])
def test_baselines_need_full_runs(pytester: pytest.Pytester, here: Run, other: str, source: str) -> None:
    """Lower bounds cannot be recorded or compared: the options are rejected together, before any training."""
    if source == "table":
        pytester.makepyprojecttoml("[tool.pytest_glue]\nstop_when_decided = true\n")
    result = here(*STSB, f"--glue-{other}=main", *([STOP] if source == "command line" else []))
    assert pytest.ExitCode.USAGE_ERROR == result.ret
    message = f"--glue-stop-when-decided leaves lower bounds, and --glue-{other}=main needs scores: leave out one*"
    result.stderr.fnmatch_lines([f"*{message}"])
