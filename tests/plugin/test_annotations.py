"""Annotations in a workflow of GitHub Actions."""

from collections.abc import Callable

import pytest

Run = Callable[..., pytest.RunResult]
OTHER = "pytest_github_actions_annotate_failures"
NONE = ("--glue-data=sample", "--glue-checkpoints=./none", "--glue-tasks=cola")


@pytest.fixture
def workflow(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder of the test is one in the repository."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(pytester.path.parent))


def annotated(result: pytest.RunResult) -> list[str]:
    """Return the lines that the runner acts on."""
    lines = [*result.outlines, *result.errlines]
    return [line for line in lines if line.startswith(("::error", "::warning"))]


def test_an_item_that_fails(pytester: pytest.Pytester, tiny: Run, workflow: None) -> None:
    """It is annotated once: not if the other plugin does, which knows no title."""
    pytest.importorskip(OTHER)
    asked = ("--glue-tasks=stsb", "--glue-threshold=stsb=1")
    place = f"file={pytester.path.name}/test_suite.py,line=1"
    (ours,) = annotated(tiny(*asked, "-p", f"no:{OTHER}"))
    assert ours.startswith(f"::error {place},title=stsb · sample%3A fail::stsb · sample: pearson ")
    (theirs,) = annotated(tiny(*asked))
    assert theirs.startswith("::error ")
    assert "title" not in theirs


def test_an_error_with_workers(pytester: pytest.Pytester, here: Run, workflow: None) -> None:
    """It is annotated by the controller alone, and also beside the other plugin, which leaves errors out."""
    (line,) = annotated(here(*NONE, "-n1"))
    start = f"::error file={pytester.path.name}/test_suite.py,line=1,title=cola · none%3A error::checkpoint ./none does"
    assert line.startswith(start)


def test_elsewhere_there_are_none(here: Run) -> None:
    assert [] == annotated(here(*NONE))
