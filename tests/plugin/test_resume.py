"""A fine-tuning that was killed is resumed after its last epoch, with the same result."""

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

RTE = ("--glue-data=sample", "--glue-checkpoints=sample", "--glue-tasks=sst2", "--glue-threshold=sst2=0")
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
"""Records each step, and slows down so that the kill hits the intended epoch."""


@pytest.fixture
def folder() -> Path:
    """The folder of this test's cache."""
    return Path(os.environ["PYTEST_GLUE_CACHE"])


def kill_in_epoch(pytester: pytest.Pytester, folder: Path, epoch: int, *args: str) -> None:
    """Start pytest, and kill it in this epoch, after the state of the epoch before was saved."""
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
    """Return the steps since the last call."""
    file = pytester.path / "steps.txt"
    found = [int(line.split()[1]) for line in file.read_text("utf-8").splitlines()]
    file.unlink()
    return found


def result_of(report: Report) -> dict[str, Any]:
    """Return the one item's result without durations and notes."""
    (result,) = report()["results"]
    runs = [{name: value for name, value in run.items() if name != "duration_s"} for run in result["runs"]]
    return {**result, "runs": runs, "duration_s": None, "notes": None}


def predictions(folder: Path) -> list[Any]:
    """Return seed and predictions of the cached runs."""
    from pytest_glue.cache.storage import RunCache

    entries = [file.entry for file in RunCache(folder).files()]
    return sorted((entry.key.seed, entry.run.predictions) for entry in entries if entry)


def test_a_killed_run_is_resumed_with_the_same_result(
    pytester: pytest.Pytester, fresh: Run, report: Report, folder: Path, tmp_path: Path
) -> None:
    """A run killed in epoch 3 of 5 repeats that epoch, and has the result of an uninterrupted run."""
    pytester.makeconftest(SLOW)
    asked = (*SMALL, "--glue-resume")
    fresh(*asked, f"--glue-cache-dir={tmp_path / 'whole'}").assert_outcomes(passed=1)
    expected = result_of(report)
    assert list(range(30)) == steps(pytester)
    kill_in_epoch(pytester, folder, 3, *asked)
    done = steps(pytester)
    assert 12 < len(done) < 18

    result = fresh(*asked)

    result.assert_outcomes(passed=1)
    assert list(range(12, 30)) == steps(pytester)
    assert expected == result_of(report)
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
    """Train until an error in epoch 2 of 5, and return the folder of the saved state."""
    pytester.makeconftest(FAILS_IN_EPOCH_TWO)
    here(*SMALL, "--glue-resume").assert_outcomes(errors=1)
    (pytester.path / "conftest.py").unlink()
    (left,) = folder.glob("unfinished/*/*")
    assert "0000000006" == left.name
    return left


def test_a_damaged_state_is_not_used(pytester: pytest.Pytester, here: Run, report: Report, broken_off: Path) -> None:
    """A truncated state is not used, with a note, and the run starts again."""
    with (broken_off / "model.pt").open("r+b") as file:
        file.truncate(1000)
    result = here(*SMALL, "--glue-resume")
    result.assert_outcomes(passed=1)
    assert f"seed 42 started again, since its saved state in {broken_off.parent} is damaged" in result.stdout.str()
    found = result_of(report)
    here(*SMALL, "--glue-cache=off").assert_outcomes(passed=1)
    assert result_of(report) == found


def test_another_recipe_is_another_run(here: Run, broken_off: Path) -> None:
    """A run with another recipe neither uses nor removes the state."""
    result = here(*SMALL, "--glue-resume", "--glue-recipe=num_train_epochs=1")
    result.assert_outcomes(passed=1)
    assert "resumed after" not in result.stdout.str()
    assert broken_off.exists()


def test_without_resume_a_run_starts_again(here: Run, broken_off: Path) -> None:
    """Without the option the state is not used, and the finished run removes it."""
    result = here(*SMALL)
    result.assert_outcomes(passed=1)
    assert "resumed after" not in result.stdout.str()
    assert not broken_off.exists()


@pytest.mark.parametrize("why", ["off", "fixture"])
def test_runs_that_are_not_cached_are_not_resumed(pytester: pytest.Pytester, here: Run, folder: Path, why: str) -> None:
    """Runs that are not cached cannot be resumed, and a note says so."""
    if why == "fixture":
        pytester.makeconftest("import pytest\n@pytest.fixture\ndef glue_trainer(glue_trainer): return glue_trainer\n")
    cache = ["--glue-cache=off"] if why == "off" else []
    result = here(*SMALL, "--glue-resume", "--glue-recipe=num_train_epochs=2", *cache)
    result.assert_outcomes(passed=1)
    assert "so a killed run starts over" in result.stdout.str()
    assert not (folder / "unfinished").exists()
