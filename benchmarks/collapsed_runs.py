"""A table of the gate's whole verdicts where fine-tunings fail to train now and then, on both sides alike.

A run that collapses predicts the most common label. The verdict is that of `gate.criteria`, with its own detection of
failed runs. A baseline all of whose runs failed is drawn again, since none is recorded.
"""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple
from unittest.mock import patch

import numpy as np

from benchmarks.judging import ALPHA, of_test_run, shown
from benchmarks.score_world import Runs, ScoreWorld, Small
from pytest_glue.core.checkpoints import SAMPLE, Checkpoint, Origin
from pytest_glue.core.runs import Run
from pytest_glue.core.tasks import GLUE
from pytest_glue.core.verdict import Verdict
from pytest_glue.gate.baseline import Baseline, RecordedRun
from pytest_glue.gate.criteria import Criteria
from pytest_glue.gate.regression import RegressionCriterion

RATES = (0.0, 0.02, 0.05, 0.1, 0.3)
DESIGNS = ((3, 3), (5, 5), (1, 3), (10, 10))
MAX_DROP = 0.03
REAL_DROP = 0.06
RED = (Verdict.FAIL, Verdict.DEGENERATE)
TASK = GLUE["rte"]
CHECKPOINT = Checkpoint(SAMPLE, Origin.SAMPLE)


class Case(NamedTuple):
    """What is true, and what is asked."""

    drop: float | None = None
    max_drop: float = 0.0
    items: int = 1


ITEMS = (1, 3, 10)
EDGE, DROPPED = Case(MAX_DROP, MAX_DROP), Case(REAL_DROP)


def print_collapsed_runs(trials: int, rng: np.random.Generator) -> None:
    """Print the table; the last two columns have a quarter of the trials."""
    error = np.sqrt(ALPHA * (1 - ALPHA) / trials)
    print(f"\n### Runs that fail to train ({trials} trials a cell, alpha {ALPHA}, Monte-Carlo error {error:.4f})\n")
    print("Second simulation, 277 examples, seed sd 0.02; both sides collapse at the same rate. Without a drop: items")
    print("that `fail` · that are `degenerate`; test runs of 1 · 3 · 10 items with a red one. *pass at edge*: the true")
    print(f"drop of the runs that train is the allowed {MAX_DROP}. *power*: fails at a drop of {REAL_DROP}.")
    print()
    print("| collapse | design | fail · degenerate | red test runs | pass at edge | power |\n|--:|---|---|---|--:|--:|")
    for design in DESIGNS:
        for rate in RATES:
            world = ScoreWorld(277, 0.02, collapse=rate)
            unchanged = [_shares(world, design, Case(items=items), trials, rng) for items in ITEMS]
            edge, dropped = (_shares(world, design, case, trials // 4, rng) for case in (EDGE, DROPPED))
            single = " · ".join(shown(unchanged[0][verdict]) for verdict in RED)
            reds = " · ".join(
                shown(of_test_run(sum(shares[verdict] for verdict in RED), items))
                for shares, items in zip(unchanged, ITEMS, strict=True)
            )
            passed, power = shown(edge[Verdict.PASS]), f"{dropped[Verdict.FAIL]:.2f}"
            print(f"| {rate} | {design[0]} v {design[1]} | {single} | {reds} | {passed} | {power} |", flush=True)


@patch("pytest_glue.statistics.comparison.minimum_detectable_drop", lambda *_: np.nan)  # no verdict depends on it
def _shares(
    world: ScoreWorld, design: tuple[int, int], case: Case, trials: int, rng: np.random.Generator
) -> dict[Verdict, float]:
    found: Counter[Verdict] = Counter()
    while found.total() < trials:
        drawn = world.draw(rng, min(500, trials - found.total()), design, case.drop)
        usable = (drawn.baseline == drawn.baseline[..., :1]).all(axis=-1).mean(axis=-1) < 1
        found.update(verdict(drawn, int(index), case) for index in np.flatnonzero(usable))
    return {each: found[each] / found.total() for each in Verdict}


def verdict(drawn: Runs, index: int, case: Case) -> Verdict:
    """Return the gate's verdict on a trial."""
    references = drawn.references[index].tolist()
    recorded = tuple(
        RecordedRun(run.seed, run.metrics, run.predictions)
        for run in _runs(drawn.baseline[index], drawn.references[index], 100)
    )
    baseline = Baseline(
        task=TASK.name,
        checkpoint=CHECKPOINT,
        headline_metric="accuracy",
        is_regression=False,
        evaluation_split="validation",
        n_train=0,
        n_eval=len(references),
        data_digest="",
        recipe={},
        libraries={},
        visible_drops={},
        runs=recorded,
    )
    rule = RegressionCriterion("main", "main", baseline, case.max_drop, ALPHA, case.items)
    runs = _runs(drawn.candidate[index], drawn.references[index], 0)
    return Criteria(TASK, "candidate", {}, rule).judge(runs, references).verdict


def _runs(predictions: Small, references: Small, first_seed: int) -> Sequence[Run]:
    scores = (predictions == references).mean(axis=-1)
    return [
        Run(first_seed + index, {"accuracy": float(score)}, (), tuple(run.tolist()), 0.0)
        for index, (run, score) in enumerate(zip(predictions, scores, strict=True))
    ]
