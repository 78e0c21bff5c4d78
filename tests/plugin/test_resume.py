"""Resuming: a fine-tuning that was killed goes on from its last epoch, to the same result."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., pytest.RunResult]
Report = Callable[..., Any]

RTE = ("--glue-data=sample", "--glue-checkpoints=sample", "--glue-tasks=rte", "--glue-threshold=rte=0")
SMALL = (*RTE, "--glue-max-train-samples=96", "--glue-max-eval-samples=32", "--glue-json=out.json")
"""Five epochs of six steps."""
SLOW = """
import time
from pytest_glue.training.trainer.glue_trainer import GlueTrainer

plain = GlueTrainer.training_step

def training_step(self, *args, **kwargs):
    with open("steps.txt", "a") as file:
        file.write(f"{self.args.seed} {self.state.global_step}\\n")
    time.sleep(0.2 if self.state.global_step >= 12 else 0)
    return plain(self, *args, **kwargs)

GlueTrainer.training_step = training_step
"""
"""Notes each step, and takes its time, so that a kill hits the epoch that it is meant for."""


@pytest.fixture
def folder() -> Path:
    """The folder of this test's store."""
    return Path(os.environ["PYTEST_GLUE_CACHE"])


def kill_in_epoch(pytester: pytest.Pytester, folder: Path, epoch: int, *args: str) -> None:
    """Start pytest and kill it once the state of the epoch before is there, and the next one has begun."""
    process = subprocess.Popen([sys.executable, "-m", "pytest", *args], stdout=subprocess.DEVNULL)
    try:
        time_limit = time.monotonic() + 120
        while not list(folder.glob(f"unfinished/*/{6 * (epoch - 1):010d}")):
            assert process.poll() is None, "it ended before it was killed"
            assert time.monotonic() < time_limit, "no state was saved"
            time.sleep(0.02)
        time.sleep(0.5)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def steps(pytester: pytest.Pytester) -> list[int]:
    """Return the steps that were begun since this was last asked."""
    file = pytester.path / "steps.txt"
    found = [int(line.split()[1]) for line in file.read_text("utf-8").splitlines()]
    file.unlink()
    return found


def outcome(report: Report) -> dict[str, Any]:
    """Return the one item's result without what a clock says, and without its notes."""
    (result,) = report()["results"]
    runs = [{name: value for name, value in run.items() if name != "duration_s"} for run in result["runs"]]
    return {**result, "runs": runs, "duration_s": None, "notes": None}


def predictions(folder: Path) -> list[Any]:
    """Return what the runs of a store predict."""
    from pytest_glue.cache.storage import RunCache

    entries = [kept.entry for kept in RunCache(folder).files()]
    return sorted((entry.key.seed, entry.run.predictions) for entry in entries if entry)


def test_a_killed_run_ends_as_if_it_had_not_been(
    pytester: pytest.Pytester, fresh: Run, report: Report, folder: Path, tmp_path: Path
) -> None:
    """Killed in epoch 3 of 5, a run begins that one again, and ends with a whole one's scores, losses, predictions."""
    pytester.makeconftest(SLOW)
    asked = (*SMALL, "--glue-resume")
    fresh(*asked, f"--glue-cache-dir={tmp_path / 'whole'}").assert_outcomes(passed=1)
    expected = outcome(report)
    assert list(range(30)) == steps(pytester)
    kill_in_epoch(pytester, folder, 3, *asked)
    done = steps(pytester)
    assert 12 < len(done) < 18

    result = fresh(*asked)

    result.assert_outcomes(passed=1)
    assert list(range(12, 30)) == steps(pytester)
    assert expected == outcome(report)
    assert predictions(tmp_path / "whole") == predictions(folder) != []
    assert "seed 42 resumed after epoch 2, where it had been interrupted" in result.stdout.str()
    assert [] == list(folder.glob("unfinished/*"))


FAILS_IN_EPOCH_TWO = """
import pytest
from pytest_glue.training.trainer.glue_trainer import GlueTrainer

@pytest.fixture(autouse=True)
def _fails(monkeypatch):
    plain = GlueTrainer.training_step

    def training_step(self, *args, **kwargs):
        if self.state.global_step == 9:
            raise RuntimeError("something broke")
        return plain(self, *args, **kwargs)

    monkeypatch.setattr(GlueTrainer, "training_step", training_step)
"""


@pytest.fixture
def broken_off(pytester: pytest.Pytester, here: Run, folder: Path) -> Path:
    """Train until epoch 2 of 5, which ends in an error, and return the folder of the state that is left."""
    pytester.makeconftest(FAILS_IN_EPOCH_TWO)
    here(*SMALL, "--glue-resume").assert_outcomes(errors=1)
    (pytester.path / "conftest.py").unlink()
    (left,) = folder.glob("unfinished/*/*")
    assert "0000000006" == left.name
    return left


def test_a_damaged_state_is_not_used(pytester: pytest.Pytester, here: Run, report: Report, broken_off: Path) -> None:
    """A state that was cut short is dropped, with a note, and the run is the one that begins anew."""
    with (broken_off / "model.pt").open("r+b") as file:
        file.truncate(1000)
    result = here(*SMALL, "--glue-resume")
    result.assert_outcomes(passed=1)
    assert f"seed 42 started again, since its saved state in {broken_off.parent} is damaged" in result.stdout.str()
    found = outcome(report)
    here(*SMALL, "--glue-cache=off").assert_outcomes(passed=1)
    assert outcome(report) == found


def test_another_recipe_is_another_run(here: Run, broken_off: Path) -> None:
    """A run with another recipe does not go on with what this one left, and leaves it there."""
    result = here(*SMALL, "--glue-resume", "--glue-recipe=num_train_epochs=1")
    result.assert_outcomes(passed=1)
    assert "resumed after" not in result.stdout.str()
    assert broken_off.exists()


def test_without_resume_a_run_begins_anew(here: Run, broken_off: Path) -> None:
    """Without the option what is left is not used, nothing is saved, and what the finished run left behind goes."""
    result = here(*SMALL)
    result.assert_outcomes(passed=1)
    assert "resumed after" not in result.stdout.str()
    assert not broken_off.exists()


@pytest.mark.parametrize("why", ["off", "fixture"])
def test_what_is_not_kept_is_not_resumed(pytester: pytest.Pytester, here: Run, folder: Path, why: str) -> None:
    """Where the store holds no runs, it holds no unfinished ones, and a note says so."""
    if why == "fixture":
        pytester.makeconftest("import pytest\n@pytest.fixture\ndef glue_trainer(glue_trainer): return glue_trainer\n")
    cache = ["--glue-cache=off"] if why == "off" else []
    result = here(*SMALL, "--glue-resume", "--glue-recipe=num_train_epochs=2", *cache)
    result.assert_outcomes(passed=1)
    assert "so a stopped run starts over" in result.stdout.str()
    assert not (folder / "unfinished").exists()
