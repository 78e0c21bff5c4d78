"""Items under pytest-xdist: workers run them, the controller reports."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from pytest_glue.history.storage import HistoryFile

Run = Callable[..., pytest.RunResult]
Report = Callable[..., Any]
JUnit = Callable[[], dict[str, ET.Element]]

TABLE = """
[tool.pytest_glue]
tasks = ["wnli", "stsb", "sst2"]
data = "sample"
checkpoints = ["sample"]
cache = "off"
max_train_samples = 48
max_eval_samples = 24
recipe = { num_train_epochs = 1 }
threshold = { sst2 = 0.0, stsb = 1.0 }
json = "out.json"
history = "history.sqlite"
"""
RAISES_ON_WNLI = """
import pytest

@pytest.fixture
def glue_model_init(glue_task, glue_model_init):
    if glue_task.name == "wnli":
        raise ValueError("no such layer")
    return glue_model_init
"""


def without_times(results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the results without durations."""

    def strip(record: Mapping[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in record.items() if name != "duration_s"}

    return [{**strip(result), "runs": [strip(run) for run in result["runs"]]} for result in results]


def test_two_workers_give_the_same_report(
    pytester: pytest.Pytester, here: Run, fresh: Run, report: Report, junit: JUnit
) -> None:
    """With `-n 2`, scores, errors and verdicts are those of one process to the last digit, also without any flag.

    The controller alone writes to the history.
    """
    pytester.makepyprojecttoml(TABLE)
    pytester.makeconftest(RAISES_ON_WNLI)

    here().assert_outcomes(passed=1, failed=1, errors=1)
    alone = report()
    (pytester.path / "out.json").unlink()
    result = fresh("-n", "2", "--junitxml=out.xml")
    together = report()

    result.assert_outcomes(passed=1, failed=1, errors=1)
    assert ["sst2", "stsb"] == [each["task"] for each in together["results"]]
    assert without_times(alone["results"]) == without_times(together["results"])
    assert alone["options"] == together["options"]
    assert {"size": 3, "partition": None} == alone["family"] == together["family"]
    assert [{"nodeid": "test_suite.py::test_glue[wnli-sample]", "message": "ValueError: no such layer"}] == (
        alone["errors"]
    )
    assert alone["errors"] == together["errors"]
    result.stdout.fnmatch_lines(["=* glue =*", "task *", "stsb *", "sst2 *"])
    reason = together["results"][1]["reason"]
    assert [f"FAILED test_suite.py::test_glue[stsb-sample] - {reason}"] == [
        line for line in result.outlines if line.startswith("FAILED")
    ]
    assert {each["reason"] for each in together["results"]} == {
        each.attrib["value"] for case in junit().values() for each in case.findall(".//property[@name='glue.reason']")
    }
    records = HistoryFile(pytester.path / "history.sqlite").read()
    assert Counter({"sst2": 2, "stsb": 2}) == Counter(each.task for each in records)
    assert len({(each.task, each.score) for each in records}) == len({each.test_run for each in records}) == 2


def test_workers_check_the_report_before_training(pytester: pytest.Pytester, fresh: Run) -> None:
    """If only a file names a report that cannot be written, the workers report that before any training."""
    pytester.makepyprojecttoml(TABLE.replace("out.json", "test_suite.py/out.json"))

    result = fresh("-n", "2")

    assert pytest.ExitCode.OK != result.ret
    result.stdout.fnmatch_lines(["*the JSON report *test_suite.py/out.json' cannot be written: *"])
    result.assert_outcomes(errors=1)


def test_workers_share_the_cores(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, fresh: Run) -> None:
    """Each of two workers uses half of the cores, unless the environment sets the number of threads."""
    pytester.makepyfile("""
        import torch
        from pytest_glue.session.worker_resources import cores

        def test_threads(glue_model_init):
            assert torch.get_num_threads() == max(cores() // 2, 1)
    """)
    monkeypatch.delenv("OMP_NUM_THREADS")
    fresh("-n", "2", "--glue-tasks=sst2,wnli", "--glue-data=sample", "--glue-checkpoints=sample").assert_outcomes(
        passed=2
    )


DIES_ON_STSB = """
import os
import pytest

@pytest.fixture
def glue_model_init(glue_task, glue_model_init):
    if glue_task.name == "stsb":
        os._exit(9)
    return glue_model_init

def pytest_runtest_setup(item):
    if item.name == "test_plain":
        os._exit(9)
"""


def test_a_killed_worker(pytester: pytest.Pytester, fresh: Run, report: Report) -> None:
    """An item whose worker is killed is an error of the report and a row of the table; another test is neither."""
    pytester.makepyprojecttoml(TABLE.replace('"wnli", ', ""))
    pytester.makeconftest(DIES_ON_STSB)
    pytester.makepyfile(
        test_suite="def test_plain(): ...\ndef test_glue(glue_evaluation):\n    glue_evaluation.check()\n"
    )
    (pytester.path / "out.json").write_text("earlier", "utf-8")

    result = fresh("-n", "2")

    result.assert_outcomes(passed=1, failed=2)
    (error,) = report()["errors"]
    assert "test_suite.py::test_glue[stsb-sample]" == error["nodeid"]
    assert "crashed while running" in error["message"]
    assert [("sst2", "passed")] == [(each["task"], each["outcome"]) for each in report()["results"]]
    assert report()["family"] is None
    result.stdout.fnmatch_lines(["stsb *error", "sst2 *pass"])


def test_a_file_that_workers_cannot_collect(pytester: pytest.Pytester, fresh: Run, report: Report) -> None:
    """It is an error of the report and leaves it without a family, also if no flag is given."""
    pytester.makepyprojecttoml(TABLE.replace('["sample"]', '["./none"]').replace('"wnli", "stsb", ', ""))
    pytester.makepyfile(test_a_broken="import nothing_like_it")
    pytester.makepyfile(test_suite="def test_glue(glue_evaluation):\n    glue_evaluation.check()\n")

    fresh("-n", "1")

    found = {each["nodeid"]: each["message"] for each in report()["errors"]}
    assert "nothing_like_it" in found["test_a_broken.py"]
    assert report()["family"] is None
