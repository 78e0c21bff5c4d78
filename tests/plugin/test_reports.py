"""The JSON report: its content, and that it is valid however a test run ends."""

from collections.abc import Callable
from typing import Any

import pytest

Run = Callable[..., pytest.RunResult]
Report = Callable[..., Any]

DIES_ON_STSB = """
import os
import pytest

@pytest.fixture
def glue_model_init(glue_task, glue_model_init):
    if glue_task.name == "stsb":
        os._exit(9)
    return glue_model_init
"""
BREAKS_ON = """
import pytest

@pytest.fixture
def glue_model_init(glue_task, glue_model_init):
    if glue_task.name in {tasks}:
        raise {error}
    return glue_model_init
"""


def test_the_content(pytester: pytest.Pytester, tiny: Run, report: Report) -> None:
    """The report has the options, the environment, and the results of each item and run."""
    tiny(
        "--glue-tasks=mrpc", "--glue-json=reports/new/out.json", "--glue-threshold=mrpc:f1=0.25", "--glue-max-length=32"
    )

    document = report("reports/new/out.json")
    assert {
        "tasks": ["mrpc"],
        "checkpoints": ["sample"],
        "data": "sample",
        "seeds": [42],
        "recipe": {"num_train_epochs": 1},
        "max_train_samples": 48,
        "max_eval_samples": 24,
        "max_length": 32,
        "head": "keep",
        "batching": "auto",
        "threshold": {"mrpc:f1": 0.25},
        "save": None,
        "compare": None,
        "on_missing_baseline": "fail",
        "storage": str(pytester.path / "glue-baselines"),
        "max_drop": {},
        "alpha": 0.05,
        "family_size": None,
        "certify": False,
        "max_seeds": None,
        "inconclusive": "pass",
        "unchecked": "error",
        "stop_when_decided": False,
        "search": None,
        "trials": 10,
        "search_fraction": 0.1,
        "search_split": "held-out",
        "search_storage": str(pytester.path / "glue-search"),
        "space": {},
        "task": {},
        "slices": {},
        "evaluate_only": False,
        "report_text": "flipped",
        "baseline_max_age": None,
        "json_predictions": False,
        "ray": {},
        "cache": "use",
        "cache_dir": None,
        "resume": False,
        "timeout": None,
        "executor": "local",
        "shard": None,
    } == document["options"]
    assert {"pytest-glue", "torch", "transformers", "datasets"} < document["environment"]["libraries"].keys()
    assert document["results"][0]["device"] == document["environment"]["device"]
    assert {"size": 1, "partition": None} == document["family"]
    assert [] == document["errors"]
    (result,) = document["results"]
    assert "test_suite.py::test_glue[mrpc-sample]" == result["nodeid"]
    assert ("mrpc", "sample", "sample") == (
        result["task"],
        result["checkpoint"]["name"],
        result["checkpoint"]["origin"],
    )
    assert ("accuracy", result["metrics"]["accuracy"]) == (result["headline_metric"], result["score"])
    assert (48, 24) == (result["n_train"], result["n_eval"])
    assert None is result["threshold"]
    (run,) = result["runs"]
    assert (42, result["metrics"]) == (run["seed"], run["metrics"])
    (epoch,) = run["history"]
    assert (1.0, result["metrics"]) == (epoch["epoch"], epoch["metrics"])
    assert epoch["loss"] > 0
    assert epoch["evaluation_loss"] > 0


def test_a_killed_run_leaves_a_report(pytester: pytest.Pytester, tiny_fresh: Run, report: Report) -> None:
    """If an item kills the process, the report is valid and has the items before it; no temporary file remains."""
    pytester.makeconftest(DIES_ON_STSB)

    result = tiny_fresh("--glue-tasks=sst2,stsb", "--glue-json=reports/out.json")

    assert 9 == result.ret
    assert ["sst2"] == [each["task"] for each in report("reports/out.json")["results"]]
    assert report("reports/out.json")["family"] is None
    assert ["out.json"] == [path.name for path in (pytester.path / "reports").iterdir()]


@pytest.mark.parametrize(
    ("error", "message"),
    [
        ("ValueError('no such layer')", "ValueError: no such layer"),
        ("__import__('pytest_glue.core.errors').core.errors.CheckpointError('no such layer')", "no such layer"),
    ],
)
def test_items_without_a_verdict_are_errors(
    pytester: pytest.Pytester, tiny: Run, report: Report, error: str, message: str
) -> None:
    """An item that ends in an error is listed with its message, not as a result; other items are results."""
    pytester.makeconftest(BREAKS_ON.format(tasks=["sst2"], error=error))

    result = tiny("--glue-tasks=sst2,stsb", "--glue-threshold=stsb=-1", "--glue-json=out.json")

    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["sst2 *sample *error", "stsb * pass", f"JSON report: {pytester.path / 'out.json'}"])
    document = report()
    assert [{"nodeid": "test_suite.py::test_glue[sst2-sample]", "message": message}] == document["errors"]
    assert ["stsb"] == [each["task"] for each in document["results"]]


def test_a_run_that_ended_early_has_no_family(tiny: Run, report: Report) -> None:
    """If `-x` left an item out, the report has no family."""
    tiny("-x", "--glue-tasks=cola,stsb", "--glue-threshold=cola=1", "--glue-json=out.json").assert_outcomes(failed=1)
    assert (1, None) == (len(report()["results"]), report()["family"])


def test_a_failure_after_the_verdict_is_no_error(pytester: pytest.Pytester, tiny: Run, report: Report) -> None:
    """An item whose test fails for another reason than its verdict is a result, not an error."""
    pytester.makepyfile(test_suite="def test_glue(glue_evaluation):\n    assert not glue_evaluation.runs")

    result = tiny("--glue-tasks=stsb", "--glue-json=out.json", "--glue-threshold=stsb=-1")

    result.assert_outcomes(failed=1)
    document = report()
    assert [("stsb", "pass", "failed")] == [
        (each["task"], each["verdict"], each["outcome"]) for each in document["results"]
    ]
    assert [] == document["errors"]
    result.stdout.fnmatch_lines(["stsb * pass, test failed"])


def test_collecting_writes_no_report(pytester: pytest.Pytester, tiny: Run) -> None:
    """`--co` does not change the report of an earlier run."""
    (pytester.path / "out.json").write_text("earlier", "utf-8")

    tiny("--co", "--glue-json=out.json")

    assert "earlier" == (pytester.path / "out.json").read_text("utf-8")


def test_skipped_items(pytester: pytest.Pytester, tiny: Run, report: Report) -> None:
    """A skipped item is neither a result nor an error; a report without results is valid."""
    pytester.makeconftest(BREAKS_ON.format(tasks=["sst2"], error="pytest.skip.Exception('not today')"))

    tiny("--glue-tasks=sst2", "--glue-json=out.json").assert_outcomes(skipped=1)

    assert ([], []) == (report()["results"], report()["errors"])


FILLS_THE_DISK = """
from pytest_glue.reports import files

replace_file, written = files.replace_file, []

def fail_at_first(path, content):
    written.append(path)
    if len(written) {condition}:
        raise OSError(28, "No space left on device")
    replace_file(path, content)

files.replace_file = fail_at_first

def pytest_unconfigure():
    files.replace_file = replace_file
"""


@pytest.mark.parametrize(("condition", "is_written"), [("< 3", True), ("> 0", False)])
def test_a_full_disk(pytester: pytest.Pytester, tiny: Run, report: Report, condition: str, *, is_written: bool) -> None:
    """A report that cannot be written is one warning and not the end; it is written as soon as it can be."""
    pytester.makeconftest(FILLS_THE_DISK.format(condition=condition))

    result = tiny("--glue-tasks=stsb,wnli", "--glue-threshold=stsb=-1", "--glue-json=out.json")

    result.assert_outcomes(passed=2)
    warning = f"the JSON report '{pytester.path / 'out.json'}' cannot be written: No space left on device; *"
    assert 1 == str(result.stdout).count("The test run goes on and tries again after each item")
    result.stdout.fnmatch_lines([f"glue: {warning}"])
    if is_written:
        assert 2 == len(report()["results"])
        result.stdout.fnmatch_lines([f"JSON report: {pytester.path / 'out.json'}"])
    else:
        assert not (pytester.path / "out.json").exists()
        result.stdout.fnmatch_lines(["wnli *", warning])


def test_a_file_that_cannot_be_collected(pytester: pytest.Pytester, here: Run, report: Report) -> None:
    """A collection error is in the report, which names no family; the report before it is replaced."""
    pytester.makepyprojecttoml("[tool.pytest_glue]\ndata = 'sample'\ncheckpoints = ['sample']\njson = 'out.json'\n")
    for suite, message in (("import nothing_like_it", "nothing_like_it"), ("def test_glue(:", "SyntaxError")):
        pytester.makepyfile(test_suite=suite)
        (pytester.path / "out.json").write_text("earlier", "utf-8")

        assert pytest.ExitCode.INTERRUPTED == here().ret

        (error,) = report()["errors"]
        assert "test_suite.py" == error["nodeid"]
        assert message in error["message"]
        assert report()["family"] is None


STOPS = """
import pytest
from pathlib import Path

class CtrlC(KeyboardInterrupt):  # pytester lets the very class end the outer test run
    pass

class Stopping(pytest.File):
    def collect(self):
        raise CtrlC

def pytest_collect_file(file_path, parent):
    if file_path.name == "stop.txt":
        return Stopping.from_parent(parent, path=file_path)

def pytest_runtest_logstart(nodeid):
    Path("seen.json").write_text(Path("out.json").read_text("utf-8"), "utf-8")
"""


def test_a_stop_while_collecting(pytester: pytest.Pytester, here: Run, report: Report) -> None:
    """After Ctrl-C while collecting, the report says that the test run ended early."""
    pytester.makeconftest(STOPS)
    (pytester.path / "stop.txt").write_text("", "utf-8")

    result = here("--glue-tasks=sst2", "--glue-checkpoints=sample", "--glue-json=out.json")
    assert pytest.ExitCode.INTERRUPTED == result.ret

    message = "the test run ended before all items were collected (exit code 2)"
    assert [{"nodeid": "", "message": message}] == report()["errors"]
    assert report()["family"] is None


def test_the_report_before_is_replaced_at_once(pytester: pytest.Pytester, here: Run, report: Report) -> None:
    """When the first item starts, the report of an earlier test run is replaced by an empty one without a family."""
    pytester.makeconftest(STOPS)
    (pytester.path / "out.json").write_text("earlier", "utf-8")

    here("--glue-tasks=sst2", "--glue-checkpoints=./none", "--glue-data=sample", "--glue-json=out.json")

    early = report("seen.json")
    assert (None, [], []) == (early["family"], early["results"], early["errors"])
    assert 1 == len(report()["errors"])


RUNS_AGAIN = """
import pytest
from _pytest.runner import runtestprotocol

@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item, nextitem):
    first = runtestprotocol(item, nextitem=nextitem, log=False)
    for report in first:
        item.ihook.pytest_runtest_logreport(report=report)
    item._initrequest()
    runtestprotocol(item, nextitem=nextitem)
    return True

tried = []

@pytest.fixture
def glue_model_init(glue_model_init):
    tried.append(1)
    if len(tried) == 1:
        raise ValueError("not yet")
    return glue_model_init
"""


def test_an_error_and_a_rerun(pytester: pytest.Pytester, tiny: Run, report: Report) -> None:
    """An item that ends in an error and is then run again with success is a result only."""
    pytester.makeconftest(RUNS_AGAIN)

    tiny("--glue-tasks=stsb", "--glue-threshold=stsb=-1", "--glue-json=out.json")

    assert [] == report()["errors"]
    assert ["passed"] == [each["outcome"] for each in report()["results"]]


ENDLESS = """
import dataclasses
import pytest

@pytest.fixture
def glue_training_arguments(glue_training_arguments):
    return dataclasses.replace(glue_training_arguments, max_grad_norm=float("inf"))
"""


def test_a_number_that_json_lacks(pytester: pytest.Pytester, tiny: Run, report: Report) -> None:
    """Infinity in a recipe is text in the report and in a baseline, and ends neither."""
    pytester.makeconftest(ENDLESS)
    asked = ("--glue-tasks=stsb", "--glue-threshold=stsb=-1", "--glue-json=out.json", "--glue-seeds=2")

    tiny(*asked, "--glue-save=main").assert_outcomes(passed=1)
    assert ["inf"] == [each["recipe"]["max_grad_norm"] for each in report()["results"]]
    tiny(*asked, "--glue-compare=main", "--glue-max-drop=0.5").assert_outcomes(passed=1)
