"""Evaluations to report."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from pytest_glue.core.checkpoints import Checkpoint, Origin
from pytest_glue.core.evaluation import Evaluation
from pytest_glue.core.runs import Epoch, Run
from pytest_glue.core.study import SearchConfig, Study, Trial, TrialEpoch, TrialState
from pytest_glue.core.verdict import Verdict

SEEN = TrialEpoch(0.4, 0.7)
DIGEST = f"sha256:{'0' * 64}"


@pytest.fixture
def evaluation() -> Evaluation:
    """An evaluation of one run, which misses its threshold."""
    scores = {"accuracy": 0.614}
    run = Run(42, scores, (Epoch(1.0, 0.7, 0.6, scores),), (0.0, 1.0), duration_s=61.0)
    return Evaluation(
        nodeid="suites/test_glue.py::test_glue[rte-a-b]",
        task="rte",
        checkpoint=Checkpoint("a/b", Origin.HUB, "86b5e0934494bd15c9632b12f734a8a67f723594", DIGEST),
        headline_metric="accuracy",
        score=0.614,
        metrics=scores,
        confidence_interval=None,
        seeds=(42,),
        runs=(run,),
        threshold=0.65,
        chance=0.527,
        baseline=None,
        verdict=Verdict.FAIL,
        failed=True,
        reason="rte · a/b@86b5e09: accuracy 0.614 < threshold 0.650 (-0.036; n=277, 1 seed)",
        n_train=2490,
        n_eval=277,
        duration_s=62.0,
        data="nyu-mll/glue@bcdcba7",
        data_digest=DIGEST,
        recipe={"num_train_epochs": 1},
        device="cpu",
        references=(0.0, 1.0),
        notes=("slow tokenizer",),
    )


@pytest.fixture
def study() -> Study:
    """A study of a trial in each state."""
    trials = (
        Trial(
            0,
            TrialState.COMPLETE,
            {"learning_rate": 5e-5, "per_device_train_batch_size": 8},
            0.6,
            (SEEN, TrialEpoch(0.6, 0.5)),
            2.0,
        ),
        Trial(1, TrialState.PRUNED, {"learning_rate": 1e-5, "per_device_train_batch_size": 16}, 0.4, (SEEN,), 1.0),
        Trial(2, TrialState.FAILED, {"learning_rate": 1e-4, "per_device_train_batch_size": 8}, None, (), 0.1, "OOM"),
    )
    space = {"learning_rate": {"low": 1e-5, "high": 1e-4}, "per_device_train_batch_size": [8, 16]}
    terms = SearchConfig("optuna", 3, 0.1, "held-out", space)
    importance = {"learning_rate": 0.75, "per_device_train_batch_size": 0.25}
    return Study(terms, "rte-a-b-0", "studies", "accuracy", 249, 498, 42, trials, importance, 61.0)


@pytest.fixture
def like(evaluation: Evaluation) -> Callable[..., Evaluation]:
    """Make an evaluation that differs in what is given."""

    def make(**changes: Any) -> Evaluation:
        return replace(evaluation, **changes)

    return make
