"""Simulated comparisons in which fine-tunings fail to train now and then, judged by the whole gate."""

from collections import Counter
from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from pytest_glue.core.runs import Run
from pytest_glue.core.tasks import GLUE
from pytest_glue.core.verdict import Verdict
from pytest_glue.gate.criteria import Criteria
from pytest_glue.gate.regression import RegressionCriterion
from tests.factories import make_baseline

N, SCORE = 1000, 0.85
RATE = 0.1
"""The probability that a run fails to train."""

Array = NDArray[np.float64]


def side(rng: np.random.Generator, references: Array, hard: Array, k: int, drop: float) -> list[Run]:
    """Return runs that get the hard examples wrong, less often the others; each fails with probability `RATE`."""
    share = (1 - SCORE + drop - 0.8 * hard.mean()) / (1 - hard.mean())
    wrong = rng.random((k, N)) < np.where(hard, 0.8, share)
    predictions = np.where(wrong, 1 - references, references)
    for run in predictions:
        if rng.random() < RATE:
            guess = rng.integers(0, 2)
            run[:] = guess if rng.random() < 0.5 else rng.permutation(references)
    scores = (predictions == references).mean(axis=1)
    seeds = rng.choice(10**6, k, replace=False)
    return [
        Run(int(seed), {"accuracy": float(score)}, (), tuple(run.tolist()), 1.0)
        for seed, score, run in zip(seeds, scores, predictions, strict=True)
    ]


def verdicts(drop: float, trials: int) -> Iterator[Verdict]:
    """Yield the verdicts on candidates with a drop, 5 runs against 5."""
    rng = np.random.default_rng(5)
    for _ in range(trials):
        references = rng.integers(0, 2, N).astype(float)
        hard = (rng.random(N) < 0.1).astype(float)
        recorded = make_baseline(side(rng, references, hard, 5, 0.0), n_eval=N)
        rule = RegressionCriterion("main", "main.json", recorded, 0.0, 0.05, 1)
        runs = side(rng, references, hard, 5, drop)
        yield Criteria(GLUE["rte"], "a/b", {}, rule).judge(runs, references.tolist()).verdict


@pytest.mark.untraced
def test_failed_runs_alone_are_not_red() -> None:
    """Unchanged checkpoints whose runs fail at a rate of 10 % are red less often than alpha."""
    found = Counter(verdicts(0.0, 150))
    assert found[Verdict.FAIL] + found[Verdict.DEGENERATE] <= 0.05 * 150 + 2


def test_failed_runs_do_not_hide_a_drop() -> None:
    """A drop of 0.05 is shown in nearly all comparisons, although runs fail at a rate of 10 %."""
    assert Counter(verdicts(0.05, 60))[Verdict.FAIL] >= 0.8 * 60
