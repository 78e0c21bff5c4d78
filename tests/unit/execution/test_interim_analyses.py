"""Interim analyses: when seeds are added, and when they are not."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from pytest_glue.core.choices import InconclusivePolicy
from pytest_glue.core.evaluation import Evaluation
from pytest_glue.core.tasks import GLUE
from pytest_glue.core.verdict import Verdict
from pytest_glue.execution.evaluate import SeedPlan, Subject, evaluate
from pytest_glue.execution.executor import CompletedRequest, RunRequest, RunResult
from pytest_glue.execution.remote_runs import RemoteRuns
from pytest_glue.gate.criteria import Criteria
from pytest_glue.gate.regression import RegressionCriterion
from tests.factories import RTE_LABELS, make_baseline, make_conditions, make_runs

NODEID = "test_suite.py::test_glue[rte-sample]"
ANALYSES = (3, 5, 8, 10)


@dataclass
class KnownRuns:
    """An executor whose runs, from seed 0 on, have known numbers of wrong predictions; it records the requests."""

    wrong: Sequence[int]
    requests: list[RunRequest] = field(default_factory=list)

    def submit(self, requests: Sequence[RunRequest]) -> None:
        self.requests += requests

    def wait(self, request: RunRequest) -> CompletedRequest:
        (seed,) = request.seeds
        (run,) = make_runs("rte", RTE_LABELS, self.wrong[seed], first_seed=seed)
        return CompletedRequest({NODEID: RunResult((run,), make_conditions(), ())})

    def close(self) -> None:
        pass


def evaluated(executor: KnownRuns, baseline: Sequence[int]) -> Evaluation:
    """Evaluate the runs of an executor, which are submitted when they are needed, against a baseline."""
    recorded = make_baseline(make_runs("rte", RTE_LABELS, *baseline, first_seed=100))
    rule = RegressionCriterion("main", "main.json", recorded, 0.0, 0.05, 1, ANALYSES)
    runs = RemoteRuns(executor, NODEID, None, together=False)
    first = [RunRequest((NODEID,), (seed,)) for seed in range(ANALYSES[0])]
    for request in first:
        runs.expect(request)
    executor.submit(first)
    seed_plan = SeedPlan(tuple(range(10)), ANALYSES, InconclusivePolicy.PASS)
    return evaluate(Subject(NODEID, GLUE["rte"], "data"), runs, Criteria(GLUE["rte"], "a/b", {}, rule), seed_plan)


@pytest.mark.parametrize(
    ("wrong", "n_seeds", "verdict"),
    [
        ((70, 90, 100, 90, 70, 80, 75, 85, 95, 65), 3, Verdict.INCONCLUSIVE),
        ((80, 100, 120, 110, 95, 100, 102, 98, 101, 99), 5, Verdict.FAIL),
        ((200, 201, 202, 90, 70, 80, 75, 85, 95, 65), 3, Verdict.FAIL),
    ],
)
def test_seeds_are_added_while_they_may_decide(wrong: tuple[int, ...], n_seeds: int, verdict: Verdict) -> None:
    """An unchanged checkpoint ends after the first analysis, a clear drop too; a drop that may be one gets more seeds.

    The executor is asked for no run that is not judged.
    """
    executor = KnownRuns(wrong)
    found = evaluated(executor, (76, 78, 80, 82, 84))
    assert (verdict, tuple(range(n_seeds))) == (found.verdict, found.seeds)
    assert [(seed,) for seed in range(n_seeds)] == [request.seeds for request in executor.requests]
