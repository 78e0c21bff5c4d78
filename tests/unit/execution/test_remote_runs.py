"""The runs of an item that an executor makes."""

from collections.abc import Sequence

import pytest

from pytest_glue.core.checkpoints import Checkpoint
from pytest_glue.core.choices import ExecutorKind
from pytest_glue.core.errors import ExecutorError, MissingPackageError
from pytest_glue.core.runs import Run, RunConditions
from pytest_glue.execution.executor import CompletedRequest, RunFailure, RunRequest, RunResult, require
from pytest_glue.execution.remote_runs import RemoteRuns

NODEID = "test_suite.py::test_glue[rte-sample]"
CONDITIONS = RunConditions(Checkpoint.parse("sample"), 48, 24, "sha256:0", {}, "cpu", (0.0, 1.0), ("slow tokenizer",))


class Here:
    """An executor that answers at once: seed 7 fails, 9 took two tries, and what may stop early does."""

    def __init__(self) -> None:
        self.requests: list[RunRequest] = []

    def submit(self, requests: Sequence[RunRequest]) -> None:
        """See `Executor`."""
        self.requests += requests

    def wait(self, request: RunRequest) -> CompletedRequest:
        """See `Executor`."""
        assert request in self.requests
        if 7 in request.seeds:
            return CompletedRequest(dict.fromkeys(request.nodeids, RunFailure("ValueError: the user's own")))
        runs = tuple(Run(seed, {"accuracy": 0.5}, (), (), 1.0, stopped=not request.whole) for seed in request.seeds)
        losses = ("its process died", "its machine was lost") if 9 in request.seeds else ()
        return CompletedRequest(
            dict.fromkeys(request.nodeids, RunResult(runs, CONDITIONS, ("slow tokenizer", "packed"))), losses
        )

    def close(self) -> None:
        """See `Executor`."""


@pytest.fixture
def here() -> Here:
    """The executor."""
    return Here()


@pytest.mark.parametrize(("together", "expected"), [(False, [(1,), (2,)]), (True, [(1, 2)])])
def test_what_is_sent_for(here: Here, expected: list[tuple[int, ...]], *, together: bool) -> None:
    """Each seed by itself, or all of them where they have a search in common; and none of them twice."""
    runs = RemoteRuns(here, NODEID, None, together=together)
    assert expected == runs.missing([1, 2])
    for seeds in expected:
        runs.expect(RunRequest((NODEID,), seeds))
    assert [] == runs.missing([1, 2])


def test_a_run_that_stopped_is_made_as_a_whole(here: Here) -> None:
    """One that may have ended early is good enough where that is allowed, and is sent for again where it is not."""
    runs = RemoteRuns(here, NODEID, None, together=False)
    assert runs.run(1, target_score=0.4).stopped
    assert not runs.run(1).stopped
    assert [False, True] == [request.whole for request in here.requests]


def test_what_a_reader_is_told(here: Here) -> None:
    """How often a run was begun again and why, what its process said, and nothing twice."""
    runs = RemoteRuns(here, NODEID, None, together=False)
    assert 2 == runs.run(9).retries
    assert ("packed", "seed 9 begun again: its process died", "seed 9 begun again: its machine was lost") == runs.notes
    assert ("slow tokenizer",) == runs.conditions.notes


def test_an_errand_that_failed(here: Here) -> None:
    """Its message is the item's error."""
    with pytest.raises(ExecutorError, match="ValueError: the user's own"):
        RemoteRuns(here, NODEID, None, together=False).run(7)


def test_what_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A place needs its package, which the message tells how to install; this process needs none."""
    monkeypatch.setattr("pytest_glue.execution.executor.find_spec", lambda _: None)
    require(ExecutorKind.LOCAL)
    with pytest.raises(MissingPackageError, match=r"--glue-executor=ray needs .* pip install 'pytest-glue\[ray\]'"):
        require(ExecutorKind.RAY)
