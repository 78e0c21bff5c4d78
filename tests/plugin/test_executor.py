"""Runs in Ray workers: the same results as in one process, also if a worker dies."""

import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.plugin.conftest import TINY
from tests.plugin.ray_cluster import running_cluster
from tests.plugin.started_run import StartedRun

pytest.importorskip("ray")

Run = Callable[..., pytest.RunResult]
Report = Callable[..., Any]
Start = Callable[..., StartedRun]

TWO_RUNS = (*TINY, "--glue-tasks=mnli,mnli-mm,stsb", "--glue-seeds=2", "--glue-json=out.json")
OVERRIDES = """
import os
import signal
from pathlib import Path

import pytest
from helpers import halved
from pytest_glue.progress import log

log.FIRST_LINE_S = log.INTERVAL_S = 0.0
CALLS = Path(__file__).with_name("calls")

@pytest.fixture
def glue_training_arguments(glue_training_arguments):
    glue_training_arguments.learning_rate = halved(glue_training_arguments.learning_rate)
    return glue_training_arguments

@pytest.fixture
def glue_compute_metrics(glue_compute_metrics, glue_task):
    def compute(output):
        CALLS.mkdir(exist_ok=True)
        calls = len(list(CALLS.glob(f"{glue_task.name}-*")))
        (CALLS / f"{glue_task.name}-{calls}").touch()
        if glue_task.name == "stsb":
            raise ValueError("the user's own")
        if glue_task.name == "rte" and calls < 2:
            os.kill(os.getpid(), (signal.SIGKILL, signal.SIGTERM)[calls])
        return glue_compute_metrics(output)
    return compute
"""


def runs_of(report: Any) -> Any:
    """Return the parts of a report that are reproducible, in its order."""
    varying = ("duration_s", "cached", "retries")
    runs = [
        (result["nodeid"], [{name: run[name] for name in run if name not in varying} for run in result["runs"]])
        for result in report["results"]
    ]
    return runs, [(result["verdict"], result["reason"], result["recipe"]) for result in report["results"]]


def test_the_same_as_in_one_process(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, fresh: Run, report: Report
) -> None:
    """Scores, verdicts and their order are the same; runs are cached, and Ray prints nothing and leaves no file."""
    home = pytester.path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))

    local = fresh(*TWO_RUNS, "--glue-cache=off")
    expected = runs_of(report())
    result = fresh(*TWO_RUNS, "--glue-executor=ray")
    remote = report()
    again = fresh(*TWO_RUNS, "--glue-executor=ray")

    assert local.parseoutcomes() == result.parseoutcomes()
    assert 3 == len(remote["results"])
    assert expected == runs_of(remote)
    assert "ray" == remote["options"]["executor"]
    assert {0} == {run["retries"] for each in remote["results"] for run in each["runs"]}
    assert {False} == {run["cached"] for each in remote["results"] for run in each["runs"]}
    assert [] == [line for line in result.outlines + result.errlines if "ray" in line.lower() and "array" not in line]
    assert [] == list(home.iterdir())
    notes = [note for each in remote["results"] for note in each["notes"]]
    assert [] != [note for note in notes if note.startswith("trained together with mnli")]
    again.stdout.fnmatch_lines(["*cached*", "*cached*", "*cached*"])
    assert expected == runs_of(report())


def test_a_user_s_own_code_and_a_worker_that_dies(pytester: pytest.Pytester, fresh: Run, report: Report) -> None:
    """Workers use overridden fixtures, a worker that is killed or terminated is replaced, the user's error is shown."""
    pytester.makepyfile(helpers="def halved(number):\n    return number / 2\n")
    pytester.makeconftest(OVERRIDES)

    result = fresh(*TINY, "--glue-tasks=rte,stsb", "--glue-json=out.json", "--glue-executor=ray")

    result.assert_outcomes(failed=1, errors=1)  # half the learning rate is too low to pass
    (found,) = report()["results"]
    assert 1e-5 == found["recipe"]["learning_rate"]
    assert [2] == [run["retries"] for run in found["runs"]]
    assert "seed 42 repeated: its process died" in found["notes"]
    assert 1 == len(list((pytester.path / "calls").glob("stsb-*")))
    assert "ValueError: the user's own (raised at conftest.py:" in report()["errors"][0]["message"]
    result.stdout.fnmatch_lines(["rte: seed 42 repeated: its process died"])
    result.stdout.fnmatch_lines(["glue: [[]*:*[]] rte-sample: loading; 0 of 2 items done*"])


@pytest.mark.usefixtures("heeds_interrupts")
@pytest.mark.parametrize(
    ("at", "number"), [("ray::", signal.SIGINT), ("ray::execute_request", signal.SIGTERM)], ids=["start", "training"]
)
def test_an_interrupted_test_run(start: Start, report: Report, at: str, number: signal.Signals) -> None:
    """Ctrl-C and SIGTERM end the test run with a valid report, and leave no process and no file."""
    run = start("--glue-tasks=rte,stsb", "--glue-recipe=num_train_epochs=50", "--glue-executor=ray")
    run.wait_for(lambda: any(at in " ".join(_command(each)) for each in run.descendants()))
    started = run.descendants()
    assert pytest.ExitCode.INTERRUPTED == run.end(number), run.output
    assert [] == report()["results"]
    assert [] == [each for each in started if each.is_running()]
    assert [] == run.temporary_files


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint and data, generated before `pytester` takes its snapshot of the imported modules."""
    from pytest_glue.sample.checkpoint import write_sample_checkpoint
    from pytest_glue.sample.examples import sample_dataset

    folder = tmp_path_factory.mktemp("folders")
    write_sample_checkpoint(folder / "mine")
    sample_dataset("rte").save_to_disk(folder / "data" / "rte")
    return folder


@pytest.fixture
def isolated_cluster(pytester: pytest.Pytester) -> Iterator[str]:
    """The address of a cluster with one core that does not see the folder `hidden`."""
    hidden = pytester.path / "hidden"
    hidden.mkdir()
    unshared = ["unshare", "--mount", "sh", "-c", f'mount -t tmpfs none {hidden} && exec "$@"', "sh"]
    if not shutil.which("unshare") or subprocess.run([*unshared, "true"], capture_output=True, check=False).returncode:
        pytest.skip("folders cannot be hidden from a process here")
    with running_cluster(1, {"HOME": str(pytester.path)}, unshared) as address:
        yield address


def test_a_machine_without_the_folders(
    pytester: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
    fresh: Run,
    report: Report,
    isolated_cluster: str,
    folders: Path,
) -> None:
    """A running cluster gets copies of suite, checkpoint and data, and is left running."""
    shutil.copytree(folders, pytester.path / "hidden", dirs_exist_ok=True)
    monkeypatch.setenv("RAY_ADDRESS", isolated_cluster)
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")

    limits = ("--glue-max-train-samples=48", "--glue-max-eval-samples=24", "--glue-recipe=num_train_epochs=1")
    named = ("--glue-data=hidden/data", "--glue-checkpoints=hidden/mine")
    arguments = (*named, *limits, "--glue-tasks=rte", "--glue-json=out.json", "--glue-cache=off")
    fresh(*arguments, "--glue-executor=ray")
    remote = runs_of(report())
    fresh(*arguments)

    assert runs_of(report()) == remote
    with socket.create_connection(("127.0.0.1", int(isolated_cluster.rpartition(":")[2])), timeout=5):
        pass


@pytest.mark.usefixtures("shared_cluster")
@pytest.mark.parametrize(
    ("table", "message"),
    [
        ('address = "127.0.0.1:9"', "*no Ray cluster answers at 127.0.0.1:9 *: start one with `ray start --head`*"),
        (
            "num_cpus = 4000",
            "*asks for 4000 CPU, and no machine of the cluster has that (largest of 1: * CPU): lower num_cpus*",
        ),
    ],
)
def test_an_unusable_cluster(pytester: pytest.Pytester, fresh: Run, table: str, message: str) -> None:
    """A missing cluster, or one with too few resources, is a usage error at once."""
    pytester.makepyprojecttoml(f"[tool.pytest_glue.ray]\n{table}\n")

    start = time.monotonic()
    result = fresh(*TINY, "--glue-tasks=rte", "--glue-executor=ray")

    assert pytest.ExitCode.USAGE_ERROR == result.ret
    result.stderr.fnmatch_lines([message])
    assert time.monotonic() - start < 120  # Ray would wait for ever


def test_not_with_xdist(fresh: Run) -> None:
    """The Ray executor cannot be combined with xdist's workers."""
    result = fresh(*TINY, "--glue-executor=ray", "-n2")

    assert pytest.ExitCode.USAGE_ERROR == result.ret
    result.stderr.fnmatch_lines(["*--glue-executor=ray has workers of its own: leave out -n"])


def _command(process: psutil.Process) -> list[str]:
    try:
        return list(process.cmdline())
    except psutil.Error:
        return []
