"""SIGTERM, which CI systems send, ends a test run like Ctrl-C: with its reports, and with nothing left."""

import re
import signal
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from tests.plugin.started_run import StartedRun

Start = Callable[..., StartedRun]
Report = Callable[..., Any]
JUnit = Callable[[], dict[str, ET.Element]]

SLOW = """
import os
from pathlib import Path
import time
from pytest_glue.training.trainer.glue_trainer import GlueTrainer

plain = GlueTrainer.training_step

def training_step(self, *args, **kwargs):
    if self.args.num_train_epochs == 50 and self.state.global_step > 1:
        Path(f"slow-{os.getpid()}").touch()
        time.sleep(0.2)
    return plain(self, *args, **kwargs)

GlueTrainer.training_step = training_step
"""
SUITE = """
import pytest

@pytest.mark.glue(tasks=["cola"], recipe={"num_train_epochs": 1})
def test_short(glue_evaluation):
    pass

@pytest.mark.glue(tasks=["rte", "stsb"], recipe={"num_train_epochs": 50})
def test_long(glue_evaluation):
    pass
"""


@pytest.mark.parametrize("workers", [0, 2], ids=["alone", "-n 2"])
def test_sigterm_while_training(
    pytester: pytest.Pytester, start: Start, report: Report, junit: JUnit, workers: int
) -> None:
    """The reports hold the item that had finished; no process and no temporary file is left."""
    pytester.makeconftest(SLOW)
    pytester.makepyfile(test_suite=SUITE)
    run = start("--glue-max-train-samples=32", "--glue-max-eval-samples=16", *(["-n", "2"] if workers else []))
    run.wait_for(lambda: len(list(pytester.path.glob("slow-*"))) == max(workers, 1))
    started = run.descendants()

    assert pytest.ExitCode.INTERRUPTED == run.end(signal.SIGTERM), run.output

    finished = [] if workers else ["test_short[cola-sample]"]  # two workers begin with the two long items
    assert finished == [result["nodeid"].partition("::")[2] for result in report()["results"]]
    assert (None, []) == (report()["family"], report()["errors"])
    assert finished == list(junit())
    assert workers == len(started)
    assert [] == [process for process in started if process.is_running()]
    assert [] == run.temporary_files
    assert "KeyboardInterrupt: SIGTERM" in run.output
    interrupted = re.search(r"glue: interrupted while (.*) ran\n", run.output)
    assert interrupted, run.output
    assert {f"test_suite.py::test_long[{task}-sample]" for task in ("rte", "stsb")[: max(workers, 1)]} == {
        *interrupted[1].split(", ")
    }
