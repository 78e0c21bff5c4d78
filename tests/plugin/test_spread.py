"""Items distributed over xdist's workers by expected cost, also if a worker dies.

Most items of these suites have a task and a checkpoint in their node ids, but fine-tune nothing.
"""

import json
from collections.abc import Callable
from typing import Any

import pytest

Run = Callable[..., pytest.RunResult]

SAMPLE = ("--glue-data=sample", "--glue-checkpoints=sample")
SUITE = """
import os, time
from pathlib import Path

def test_glue(glue_task, glue_checkpoint, worker_id):
    with Path("started.txt").open("a") as file:
        file.write(f"{worker_id} {glue_task.name}\\n")
    time.sleep({"mnli": 0.6}.get(glue_task.name, 0.1))
    if glue_task.name in os.environ.get("DIES_ON", "").split(","):
        os._exit(9)
    assert glue_task.name not in os.environ.get("FAILS_ON", "").split(",")
"""


@pytest.fixture
def distributed(pytester: pytest.Pytester, fresh: Run) -> Run:
    """Return a function that runs the suite on two workers."""
    pytester.makepyfile(test_suite=SUITE)
    return lambda *args: fresh("-n", "2", *SAMPLE, *args)


def started(pytester: pytest.Pytester) -> dict[str, list[str]]:
    """Return the tasks that each worker started, in order."""
    found: dict[str, list[str]] = {}
    for line in (pytester.path / "started.txt").read_text("utf-8").splitlines():
        worker, task = line.split()
        found.setdefault(worker, []).append(task)
    return found


def test_the_most_expensive_go_first(pytester: pytest.Pytester, distributed: Run) -> None:
    """Both workers begin with an expensive task, and mnli-mm follows mnli on the same worker."""
    result = distributed("-v", "--glue-tasks=cola,mnli,mnli-mm,rte,wnli")

    result.assert_outcomes(passed=5)
    result.stdout.fnmatch_lines(["scheduling tests via CostScheduling"])
    found = started(pytester)
    assert {"rte", "mnli"} == {tasks[0] for tasks in found.values()}
    assert ["mnli", "mnli-mm"] in [tasks[:2] for tasks in found.values()]
    assert "wnli" in {tasks[-1] for tasks in found.values()}


@pytest.mark.parametrize("arguments", [["--dist=worksteal"], ["--dist=loadfile"]])
def test_another_choice_of_dist_is_respected(distributed: Run, arguments: list[str]) -> None:
    """Another `--dist` uses xdist's own scheduler."""
    result = distributed("-v", "--glue-tasks=rte,wnli", *arguments)
    result.assert_outcomes(passed=2)
    result.stdout.no_fnmatch_line("*CostScheduling*")


def test_the_table_is_enough(pytester: pytest.Pytester, fresh: Run) -> None:
    """Without any flag, items of checkpoints in the table are distributed by cost, together with other tests."""
    pytester.makepyprojecttoml("[tool.pytest_glue]\ndata = 'sample'\ncheckpoints = ['sample']\ntasks = ['rte', 'wnli']")
    pytester.makepyfile(test_suite=SUITE, test_other="def test_plain(): pass")
    result = fresh("-n", "2", "-v")
    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(["scheduling tests via CostScheduling"])


def test_a_suite_without_glue_items_uses_xdists_scheduler(pytester: pytest.Pytester, fresh: Run) -> None:
    """Without checkpoints, xdist's own scheduler is used."""
    pytester.makepyfile(test_other="def test_plain(): pass\ndef test_other(): pass")
    result = fresh("-n", "2", "-v")
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["scheduling tests via LoadScheduling"])


def test_a_worker_that_dies(pytester: pytest.Pytester, distributed: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each item runs once, except the one that killed its worker; the worker's reserve is not lost."""
    monkeypatch.setenv("DIES_ON", "qqp,rte")

    result = distributed("--glue-tasks=all")

    result.assert_outcomes(passed=8, failed=2)
    result.stdout.fnmatch_lines(["*crashed while running 'test_suite.py::test_glue?qqp-sample?'"])
    ran = sorted(task for tasks in started(pytester).values() for task in tasks)
    assert ["cola", "mnli", "mnli-mm", "mrpc", "qnli", "qqp", "rte", "sst2", "stsb", "wnli"] == ran


def test_selecting_and_stopping(pytester: pytest.Pytester, distributed: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """`-x` ends the test run before the cheap items, `--lf` runs failed items, and `-k` selects by name."""
    monkeypatch.setenv("FAILS_ON", "rte")
    stopped = distributed("-x", "--glue-tasks=all")
    assert pytest.ExitCode.INTERRUPTED == stopped.ret
    assert "wnli" not in {task for tasks in started(pytester).values() for task in tasks}
    (pytester.path / "started.txt").unlink()

    distributed("--lf", "--glue-tasks=all").assert_outcomes(failed=1)
    assert [["rte"]] == list(started(pytester).values())

    distributed("-k", "cola or sst2", "--glue-tasks=all").assert_outcomes(passed=2)


def test_each_worker_has_a_gpu_of_its_own(
    pytester: pytest.Pytester, fresh: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With two (simulated) GPUs, `-n auto` starts two workers, each of which sees one."""
    pytester.makeconftest("""
        from pytest_glue.core import environment

        versions = {**environment.library_versions(), "torch": "2.13.0"}  # a build with CUDA
        environment.library_versions = lambda: versions
    """)
    pytester.makepyfile("""
        import os
        from pathlib import Path

        def test_it(glue_task, glue_checkpoint, worker_id):
            with Path("seen.txt").open("a") as file:
                file.write(f"{worker_id} {os.environ['CUDA_VISIBLE_DEVICES']}\\n")
    """)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "5,7")
    monkeypatch.setenv("PATH", f"{pytester.path}/nvidia", prepend=":")

    fresh("-n", "auto", *SAMPLE, "--glue-tasks=rte,wnli").assert_outcomes(passed=2)

    assert ["gw0 5", "gw1 7"] == sorted((pytester.path / "seen.txt").read_text("utf-8").splitlines())


def test_a_report_tells_whether_an_item_is_missing(
    pytester: pytest.Pytester, distributed: Run, monkeypatch: pytest.MonkeyPatch, report: Callable[..., Any]
) -> None:
    """The report has the number of evaluated items, unless a worker died while running one."""
    pytester.makeconftest("""
        import pytest

        @pytest.fixture
        def glue_evaluation(glue_task, glue_checkpoint):
            return None
    """)
    pytester.makepyfile(test_suite=SUITE.replace("worker_id):", "worker_id, glue_evaluation):"))
    distributed("--glue-tasks=rte,wnli", "--glue-json=out.json").assert_outcomes(passed=2)
    assert {"size": 2, "partition": None} == report()["family"]

    monkeypatch.setenv("DIES_ON", "wnli")
    distributed("--glue-tasks=rte,wnli", "--glue-json=out.json").assert_outcomes(passed=1, failed=1)
    assert report()["family"] is None


FAILS_WHILE_ANOTHER_RUNS = """
import os
import time
from pathlib import Path
from tempfile import gettempdir
import pytest

def wait_for(path):
    end = time.monotonic() + 20
    while not path.exists() and time.monotonic() < end:
        time.sleep(0.01)

@pytest.fixture
def glue_evaluation(glue_task, glue_checkpoint, testrun_uid, worker_id):
    with Path("started.txt").open("a") as file:
        file.write(f"{worker_id} {glue_task.name}\\n")
    Path(worker_id).touch()
    if worker_id == "gw0":
        wait_for(Path("gw1"))
        raise ValueError("no such layer")
    wait_for(Path(gettempdir()) / f"pytest-glue-progress-{testrun_uid}" / "limit-reached")
"""


def test_no_reserve_is_run_after_the_last_failure(pytester: pytest.Pytester, fresh: Run) -> None:
    """With `-x`, a worker that runs an item when another fails does not start the item that it has in reserve."""
    pytester.makeconftest(FAILS_WHILE_ANOTHER_RUNS)
    pytester.makepyfile(test_suite="def test_glue(glue_evaluation): ...")

    result = fresh("-n", "2", "-x", "--glue-tasks=cola,rte,stsb,wnli", *SAMPLE)

    result.assert_outcomes(passed=1, errors=1)
    assert {"gw0": 1, "gw1": 1} == {worker: len(tasks) for worker, tasks in started(pytester).items()}


def test_durations_of_trained_items_are_recorded(pytester: pytest.Pytester, tiny: Run) -> None:
    """Pytest's cache has the duration of a fine-tuning; a later test run from cached runs does not change it."""
    file = pytester.path / ".pytest_cache" / "v" / "glue" / "durations"
    tiny("--glue-tasks=stsb").assert_outcomes(passed=1)
    first = json.loads(file.read_text("utf-8"))
    assert 0 < first["test_suite.py::test_glue[stsb-sample]"]["trained_s"] < 60

    tiny("--glue-tasks=stsb").assert_outcomes(passed=1)
    assert first == json.loads(file.read_text("utf-8"))
