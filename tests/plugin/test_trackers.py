"""Runs that are reported to an experiment tracker, and the option that asks for it."""

from collections.abc import Callable
from typing import Any

import pytest

from pytest_glue.integrations import trackers

Run = Callable[..., pytest.RunResult]
Report = Callable[..., Any]
ASKED = ("--glue-tasks=rte", "--glue-json=out.json")


def test_fine_tunings_are_reported_and_cached_runs_are_not(
    pytester: pytest.Pytester, tiny: Run, report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is a folder of TensorBoard. Neither scores nor cache keys change, and notes say what is missing."""
    tiny(*ASKED)
    alone = report()["results"][0]
    (pytester.path / "file").touch()
    monkeypatch.setenv("TENSORBOARD_LOGGING_DIR", "file")
    tiny(*ASKED, "--glue-seeds=2", "--glue-report-to=tensorboard")
    notes = report()["results"][0]["notes"]
    assert "1 run from the cache: nothing of them is reported to tensorboard" in notes
    assert [note for note in notes if note.startswith("seed 43 is not reported to tensorboard completely: ")]
    monkeypatch.delenv("TENSORBOARD_LOGGING_DIR")
    tiny(*ASKED, "--glue-seeds=3", "--glue-report-to=tensorboard")
    result = report()["results"][0]
    assert [True, True, False] == [run["cached"] for run in result["runs"]]
    assert alone["runs"][0]["metrics"] == result["runs"][0]["metrics"]
    assert ["seed-44"] == [each.name.rpartition("-")[0] for each in (pytester.path / "runs" / "rte-sample").iterdir()]
    assert [note for note in result["notes"] if "report" in note] == [
        "2 runs from the cache: nothing of them is reported to tensorboard"
    ]
    assert "report_to" not in report()["options"]


@pytest.mark.parametrize(
    ("given", "message", "code"),
    [
        (
            "--glue-report-to=wandb",
            "needs a package that is not installed: pip install wandb",
            2,
        ),
        ("--glue-report-to=comet", "'comet': expected tensorboard, mlflow, wandb or trackio", 4),
        ("--glue-recipe=report_to=mlflow", "'mlflow' is not part of a recipe: use --glue-report-to=mlflow", 4),
    ],
)
def test_a_tracker_that_cannot_be_used(
    tiny: Run, monkeypatch: pytest.MonkeyPatch, given: str, message: str, code: int
) -> None:
    """It ends the test run before anything is trained."""
    monkeypatch.setattr(trackers, "find_spec", lambda _: None)
    result = tiny("--glue-tasks=rte", given)
    assert code == result.ret
    assert message in result.stdout.str() + result.stderr.str()
