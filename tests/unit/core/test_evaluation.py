"""Evaluations: plain data, verdicts and mean scores."""

import json
from typing import Any

import pytest

from pytest_glue.core.errors import VerdictError
from pytest_glue.core.evaluation import Evaluation
from pytest_glue.core.runs import Scores, mean_scores
from pytest_glue.core.serialization import from_plain, to_plain
from pytest_glue.core.verdict import Verdict
from tests.factories import make_evaluation, make_run, make_study


@pytest.fixture
def evaluation() -> Evaluation:
    """An evaluation with all that JSON has no type for: tuples, enums, None."""
    return make_evaluation(score=None, confidence_interval=(0.1, 0.2), verdict=Verdict.DEGENERATE, study=make_study())


def test_round_trip(evaluation: Evaluation) -> None:
    """`from_plain` is the inverse of `to_plain`, also with JSON in between."""
    assert evaluation == from_plain(to_plain(evaluation), Evaluation)
    assert evaluation == from_plain(json.loads(json.dumps(to_plain(evaluation))), Evaluation)


def test_round_trip_without_an_interval() -> None:
    """An evaluation without an interval survives plain data."""
    bare = make_evaluation(confidence_interval=None)
    assert bare == from_plain(to_plain(bare), Evaluation)


def test_plain_data_has_plain_types(evaluation: Evaluation) -> None:
    """Plain data consist of builtin types, which every process boundary accepts."""

    def kinds(value: Any) -> set[type]:
        parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        return {type(value)}.union(*map(kinds, parts))

    assert {dict, list, str, int, float, bool, type(None)} == kinds(to_plain(evaluation))


@pytest.mark.parametrize("verdict", [Verdict.PASS, Verdict.INCONCLUSIVE])
def test_check_passes(verdict: Verdict) -> None:
    """`check` raises nothing unless the verdict fails the test; an inconclusive one need not."""
    make_evaluation(verdict=verdict, failed=False).check()


@pytest.mark.parametrize("verdict", [Verdict.FAIL, Verdict.INCONCLUSIVE, Verdict.DEGENERATE])
def test_check_raises_the_reason(verdict: Verdict) -> None:
    """`check` raises the reason of a verdict that fails the test, an inconclusive one included."""
    with pytest.raises(VerdictError) as caught:
        make_evaluation(verdict=verdict, failed=True).check()
    assert make_evaluation().reason == str(caught.value)


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ([{"accuracy": 0.5, "f1": 0.25}, {"accuracy": 0.75, "f1": 0.75}], {"accuracy": 0.625, "f1": 0.5}),
        ([{"accuracy": 0.5, "f1": None}, {"accuracy": 0.5, "f1": 0.9}], {"accuracy": 0.5, "f1": None}),
        ([{"accuracy": 0.7}] * 3, {"accuracy": 0.7}),
    ],
    ids=["metric-by-metric", "undefined-in-one-run", "equal-scores-are-their-own-mean"],
)
def test_the_mean_over_runs(scores: list[Scores], expected: Scores) -> None:
    """Each metric has its exact mean; a run without a score makes the mean undefined, not 0."""
    assert expected == mean_scores([make_run(metrics=each) for each in scores])
