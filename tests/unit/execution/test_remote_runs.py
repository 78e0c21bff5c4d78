"""The runs of an item from an executor."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_glue.cache.cached_runs import TrainerRunSource, cached_runs
from pytest_glue.config.evaluation_spec import EvaluationSpec
from pytest_glue.config.options import Options
from pytest_glue.core.checkpoints import Checkpoint
from pytest_glue.core.choices import ExecutorKind
from pytest_glue.core.errors import ExecutorError, MissingPackageError
from pytest_glue.core.runs import Run, RunConditions
from pytest_glue.core.tasks import GLUE
from pytest_glue.execution.executor import CompletedRequest, RunFailure, RunRequest, RunResult, require
from pytest_glue.execution.remote_runs import RemoteRuns
from tests.factories import DIGEST, make_conditions, make_scored_run

NODEID = "test_suite.py::test_glue[rte-sample]"
CONDITIONS = RunConditions(Checkpoint.parse("sample"), 48, 24, "sha256:0", {}, "cpu", (0.0, 1.0), ("slow tokenizer",))


class FakeExecutor:
    """An executor that answers at once: seed 7 fails, seed 9 is retried twice, and runs stop early unless `whole`."""

    def __init__(self) -> None:
        self.requests: list[RunRequest] = []

    def submit(self, requests: Sequence[RunRequest]) -> None:
        self.requests += requests

    def wait(self, request: RunRequest) -> CompletedRequest:
        assert request in self.requests
        if 7 in request.seeds:
            return CompletedRequest(dict.fromkeys(request.nodeids, RunFailure("ValueError: the user's own")))
        runs = tuple(Run(seed, {"accuracy": 0.5}, (), (), 1.0, stopped=not request.whole) for seed in request.seeds)
        losses = ("its process died", "its machine was lost") if 9 in request.seeds else ()
        return CompletedRequest(
            dict.fromkeys(request.nodeids, RunResult(runs, CONDITIONS, ("slow tokenizer", "packed"))), losses
        )

    def close(self) -> None:
        pass


@pytest.fixture
def executor() -> FakeExecutor:
    return FakeExecutor()


@pytest.mark.parametrize(("together", "expected"), [(False, [(1,), (2,)]), (True, [(1, 2)])])
def test_missing_seeds(executor: FakeExecutor, expected: list[tuple[int, ...]], *, together: bool) -> None:
    """Each seed is a request, or all seeds if they share a search; a requested seed is not missing."""
    runs = RemoteRuns(executor, NODEID, None, together=together)
    assert expected == runs.missing([1, 2])
    for seeds in expected:
        runs.expect(RunRequest((NODEID,), seeds))
    assert [] == runs.missing([1, 2])


def test_a_stopped_run_is_repeated_as_a_whole(executor: FakeExecutor) -> None:
    """A run that stopped early is accepted with a target score, and requested again without one."""
    runs = RemoteRuns(executor, NODEID, None, together=False)
    assert runs.run(1, target_score=0.4).stopped
    assert not runs.run(1).stopped
    assert [False, True] == [request.whole for request in executor.requests]


def test_notes(executor: FakeExecutor) -> None:
    """The notes have the cause of each retry and the process's notes, each once."""
    runs = RemoteRuns(executor, NODEID, None, together=False)
    assert 2 == runs.run(9).retries
    assert ("packed", "seed 9 repeated: its process died", "seed 9 repeated: its machine was lost") == runs.notes
    assert ("slow tokenizer",) == runs.conditions.notes


def test_notes_of_this_test_run_are_not_cached(executor: FakeExecutor, tmp_path: Path) -> None:
    """Such as that a tracker failed: a later test run that reads the cached run has nothing to do with it."""
    spec = EvaluationSpec(Options(data="sample", cache_dir=tmp_path), GLUE["rte"], CONDITIONS.checkpoint)
    cached = cached_runs(spec, never, "pytest")
    run = make_scored_run("rte", (0.0, 1.0), CONDITIONS.references)
    sample = replace(CONDITIONS.checkpoint, digest=DIGEST)
    conditions = make_conditions(checkpoint=sample, references=(0.0, 1.0), n_eval=2, notes=CONDITIONS.notes)
    result = RunResult((run,), conditions, ("slow tokenizer", "packed", "a tracker failed"), ("a tracker failed",))
    RemoteRuns(executor, NODEID, cached, together=False).arrived(result)
    again = cached_runs(spec, never, "pytest")
    assert again.run(42).cached
    assert (("slow tokenizer", "packed"), ()) == (again.conditions.notes, again.notes)


def never() -> TrainerRunSource:
    """Fail: nothing is trained."""
    raise AssertionError


def test_a_failed_request(executor: FakeExecutor) -> None:
    """The message of the failure is the item's error."""
    with pytest.raises(ExecutorError, match="ValueError: the user's own"):
        RemoteRuns(executor, NODEID, None, together=False).run(7)


def test_a_missing_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """The Ray executor needs a package, and the message says how to install it; the local executor needs none."""
    monkeypatch.setattr("pytest_glue.execution.executor.find_spec", lambda _: None)
    require(ExecutorKind.LOCAL)
    with pytest.raises(MissingPackageError, match=r"--glue-executor=ray needs .* pip install 'pytest-glue\[ray\]'"):
        require(ExecutorKind.RAY)
