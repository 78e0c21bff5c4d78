"""Folders whose names hold control characters, or are no UTF-8."""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pytest_glue.sample.checkpoint import write_sample_checkpoint
from pytest_glue.sample.examples import sample_dataset

Run = Callable[..., pytest.RunResult]
Report = Callable[..., Any]

CONTROL = "a\x1b[31m\n::error::b\r"
NO_UTF_8 = os.fsdecode(b"caf\xe9")


def test_control_characters(pytester: pytest.Pytester, here: Run, report: Report) -> None:
    """Items get their verdicts, baselines and reports; terminal and messages show escapes."""
    write_sample_checkpoint(Path("model"))
    Path("data", "stsb").mkdir(parents=True)
    for split, examples in sample_dataset("stsb").items():
        examples.select(range(16)).to_parquet(f"data/stsb/{split}-00000-of-00001.parquet")
    for folder in ("model", "data"):
        Path(folder).rename(f"{CONTROL}{folder}")
    checkpoints = f"--glue-checkpoints=./{CONTROL}model,./{CONTROL}none"
    asked = [f"--glue-data=./{CONTROL}data", checkpoints, "--glue-tasks=stsb", "--glue-threshold=stsb=-1"]
    asked += ["--glue-recipe=num_train_epochs=1"]

    result = here(*asked, "--glue-save=main", "--glue-json=out.json", "--junitxml=out.xml", "-v")

    result.assert_outcomes(passed=1, errors=1)
    assert (1, 1) == (len(report()["results"]), len(report()["errors"]))
    shown = result.stdout.str() + result.stderr.str()
    assert "\x1b[31m" not in shown
    assert not re.search(r"^\s*::error", shown, re.MULTILINE)
    escaped = CONTROL.encode("unicode_escape").decode()
    for line in (f"glue: data ./{escaped}data; ", "checkpoint ./a\\x1b[31m\n  | ::error::b\\rnone does not exist"):
        assert line in shown
    here(*asked, "--glue-compare=main", "-k", "not none").assert_outcomes(passed=1, deselected=1)


def test_names_that_are_no_text(pytester: pytest.Pytester, here: Run, report: Report) -> None:
    """They are errors of the items, since libraries cannot open them; the reports are written all the same."""
    pytester.mkdir(NO_UTF_8)

    for flags, what in (
        (("--glue-data=sample", f"--glue-checkpoints=./{NO_UTF_8}"), "checkpoint"),
        ((f"--glue-data=./{NO_UTF_8}", "--glue-checkpoints=sample"), "data folder"),
    ):
        result = here("--glue-tasks=stsb", *flags, "--glue-json=out.json", "--junitxml=out.xml", "--setup-show")

        result.assert_outcomes(errors=1)
        message = (
            f"the name of the {what} ./caf\\udce9 is not valid UTF-8, and libraries cannot open it: rename the folder"
        )
        assert [message] == [each["message"] for each in report()["errors"]]
        assert message in result.stdout.str()
