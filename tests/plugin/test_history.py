"""The history of test runs."""

import json
from collections.abc import Callable

import pytest

from pytest_glue.cli import main

Run = Callable[..., pytest.RunResult]


def test_two_test_runs(pytester: pytest.Pytester, tiny: Run, capsys: pytest.CaptureFixture[str]) -> None:
    """Each appends its items; a cached run repeats the same result. `--co` writes nothing."""
    tiny("--glue-tasks=rte", "--glue-history=new/h.sqlite", "--co")
    assert not (pytester.path / "new" / "h.sqlite").exists()
    for _ in range(2):
        result = tiny("--glue-tasks=rte", "--glue-history=new/h.sqlite")
        result.stdout.fnmatch_lines(["history: *h.sqlite (1 item appended)"])
    capsys.readouterr()
    assert 0 == main(["history", "rte", "--file=new/h.sqlite", "--json"])
    (series,) = json.loads(capsys.readouterr().out)
    first, second = series["records"]
    assert first["runs"][0]["metrics"] == second["runs"][0]["metrics"] == first["metrics"]
    assert [False, True] == [each["runs"][0]["cached"] for each in (first, second)]
    assert first["test_run"] != second["test_run"]
    assert (first["n_eval"], first["device"], first["verdict"]) == (24, "cpu", second["verdict"])
    assert (
        "1 result of the same seeds and files as the one before, and equal to it: counted once" in series["sentences"]
    )


def test_a_history_that_cannot_be_written(pytester: pytest.Pytester, here: Run) -> None:
    """The test run is what it was, and says so; a file that another option writes is refused before it."""
    (pytester.path / "notes.txt").write_text("mine")
    pytester.makepyfile("def test_glue(glue_task): pass")
    result = here("--glue-data=sample", "--glue-tasks=rte", "--glue-history=notes.txt")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["glue: the history *notes.txt' is damaged or no history (*The test run goes on*"])
    assert (pytester.path / "notes.txt").read_text() == "mine"
    result = here("--glue-data=sample", "--glue-tasks=rte", "--glue-history=r.json", "--glue-json=r.json")
    result.stderr.fnmatch_lines(["*--glue-json and --glue-history have the same file *r.json: name another one"])
