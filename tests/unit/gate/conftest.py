"""Runs and baselines to judge: predictions with a wanted number of mistakes, and the scores that they have."""

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from pytest_glue.core.checkpoints import Checkpoint, Origin
from pytest_glue.core.evaluation import Evaluation
from pytest_glue.core.runs import Epoch, Run, mean_scores
from pytest_glue.core.tasks import GLUE
from pytest_glue.core.verdict import Verdict
from pytest_glue.gate.baseline import Baseline
from pytest_glue.statistics.metrics import compute

LEARNING = (Epoch(1.0, 0.7, 0.6, {}), Epoch(2.0, 0.4, 0.5, {}))
"""A history in which the loss falls."""


def run(task: str, predictions: Sequence[float], references: Sequence[float], seed: int = 42) -> Run:
    """Return a run that predicts so, with its scores; None for a score that is undefined."""
    scores = compute(GLUE[task], predictions, references)
    metrics = {name: None if score != score else score for name, score in scores.items()}  # noqa: PLR0124 - NaN
    return Run(seed, metrics, LEARNING, tuple(predictions), duration_s=1.0)


def mistaken(references: Sequence[float], wrong: int, seed: int) -> list[float]:
    """Return the references of two classes with some of them flipped, other ones for each seed."""
    flipped = set(random.Random(seed).sample(range(len(references)), wrong))  # noqa: S311 - no cryptography
    return [1 - label if number in flipped else label for number, label in enumerate(references)]


@pytest.fixture
def rte() -> tuple[float, ...]:
    """Labels as RTE's validation split has them: 146 entailments of 277."""
    return (0.0,) * 146 + (1.0,) * 131


@pytest.fixture
def predicting() -> Callable[..., Run]:
    """Make a run of a task from its predictions and the references."""
    return run


@pytest.fixture
def runs() -> Callable[..., list[Run]]:
    """Make runs of a task, each with a wanted number of mistakes; its seeds count from 42."""

    def make(task: str, references: Sequence[float], *wrong: int, first_seed: int = 42) -> list[Run]:
        return [
            run(task, mistaken(references, count, seed), references, seed)
            for seed, count in enumerate(wrong, first_seed)
        ]

    return make


@pytest.fixture
def evaluation(rte: tuple[float, ...]) -> Callable[..., Evaluation]:
    """Make a passing evaluation of RTE from its runs, with changes."""

    def make(found: Sequence[Run], **changes: Any) -> Evaluation:
        scores = mean_scores(found)
        plain = Evaluation(
            nodeid="suites/test_glue.py::test_glue[rte-sample]",
            task="rte",
            checkpoint=Checkpoint("sample", Origin.SAMPLE, None, "sha256:c"),
            headline_metric="accuracy",
            score=next(iter(scores.values())),
            metrics=scores,
            confidence_interval=None,
            seeds=tuple(each.seed for each in found),
            runs=tuple(found),
            threshold=None,
            chance=146 / 277,
            baseline=None,
            verdict=Verdict.PASS,
            failed=False,
            reason="",
            n_train=2490,
            n_eval=277,
            duration_s=1.0,
            data="sample",
            data_digest="sha256:d",
            recipe={"num_train_epochs": 3},
            device="cpu",
            references=rte,
        )
        return replace(plain, **changes)

    return make


@pytest.fixture
def baseline(evaluation: Callable[..., Evaluation]) -> Callable[..., Baseline]:
    """Make a baseline of RTE from its runs, with changes."""

    def make(found: Sequence[Run], **changes: Any) -> Baseline:
        of_it = Baseline.of(evaluation(found), GLUE["rte"], {"torch": "2.9"}, {3: 0.04})
        return replace(of_it, **changes)

    return make
