"""Evaluations as plain data: there and back, their verdict and the mean of their runs."""

import dataclasses
import json
from typing import Any

import pytest

from pytest_glue.core.checkpoints import Checkpoint, Origin
from pytest_glue.core.errors import VerdictError
from pytest_glue.core.evaluation import Evaluation
from pytest_glue.core.runs import Epoch, Run, Scores, mean_scores
from pytest_glue.core.serialization import from_plain, to_plain
from pytest_glue.core.verdict import Verdict


def run(**metrics: float | None) -> Run:
    """Return a run with these scores."""
    epoch = Epoch(epoch=1.0, loss=None, evaluation_loss=0.25, metrics=metrics)
    return Run(seed=42, metrics=metrics, history=(epoch,), predictions=(0.0, 1.0), duration_s=1.5)


@pytest.fixture
def evaluation() -> Evaluation:
    """An evaluation with everything in it that JSON has no word for."""
    return Evaluation(
        nodeid="suites/test_glue.py::test_glue[cola-sample]",
        task="cola",
        checkpoint=Checkpoint("a/b", Origin.HUB, "main", "sha256:0"),
        headline_metric="matthews_correlation",
        score=None,
        metrics={"matthews_correlation": None},
        confidence_interval=(0.1, 0.2),
        seeds=(42,),
        runs=(run(matthews_correlation=None),),
        threshold=None,
        chance=0.0,
        baseline=None,
        verdict=Verdict.DEGENERATE,
        failed=True,
        reason="cola · a/b@main: undefined",
        n_train=4,
        n_eval=2,
        duration_s=2.0,
        data="sample",
        data_digest="sha256:1",
        recipe={"num_train_epochs": 1},
        device="cpu",
        references=(1.0, 0.0),
        notes=("slow tokenizer",),
    )


def test_plain_data_and_back(evaluation: Evaluation) -> None:
    """`from_plain` is the inverse of `to_plain`, also with JSON in between."""
    assert evaluation == from_plain(to_plain(evaluation), Evaluation)
    assert evaluation == from_plain(json.loads(json.dumps(to_plain(evaluation))), Evaluation)


def test_without_an_interval_and_back(evaluation: Evaluation) -> None:
    """An interval that is not there is not there afterwards."""
    bare = dataclasses.replace(evaluation, confidence_interval=None)
    assert bare == from_plain(to_plain(bare), Evaluation)


def test_plain_data_has_plain_types(evaluation: Evaluation) -> None:
    """What crosses a process boundary is made of dicts, lists, texts and numbers and of no class of ours."""

    def kinds(value: Any) -> set[type]:
        parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        return {type(value)}.union(*map(kinds, parts))

    assert {dict, list, str, int, float, bool, type(None)} == kinds(to_plain(evaluation))


@pytest.mark.parametrize("verdict", [Verdict.PASS, Verdict.INCONCLUSIVE])
def test_what_did_not_fail_raises_nothing(evaluation: Evaluation, verdict: Verdict) -> None:
    """`check` lets the test of an evaluation that is not red go on, an inconclusive one too."""
    dataclasses.replace(evaluation, verdict=verdict, failed=False).check()


@pytest.mark.parametrize("verdict", [Verdict.FAIL, Verdict.INCONCLUSIVE, Verdict.DEGENERATE])
def test_what_failed_is_raised_with_its_reason(evaluation: Evaluation, verdict: Verdict) -> None:
    """What is red raises its reason and nothing else, also an inconclusive verdict that was asked to be red."""
    with pytest.raises(VerdictError) as caught:
        dataclasses.replace(evaluation, verdict=verdict, failed=True).check()
    assert evaluation.reason == str(caught.value)


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
    """Each metric has its mean, exactly; one run without a score leaves the mean undefined and never makes it 0."""
    assert expected == mean_scores([run(**each) for each in scores])
