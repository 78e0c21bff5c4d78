"""Verdicts against a baseline where fine-tunings fail to train, as a table in Markdown.

    python -m benchmarks.failed_comparisons --quick

Runs are those of `benchmarks.simulated_runs`; each fails with a known probability, in one of the ways of
`benchmarks.failed_runs`, on both sides alike.
"""

import argparse
import sys
from collections import Counter
from typing import NamedTuple

import numpy as np

from benchmarks.failed_runs import KINDS, Floats, failed_run
from benchmarks.simulated_runs import World
from pytest_glue.core.checkpoints import Checkpoint, Origin
from pytest_glue.core.errors import BaselineError
from pytest_glue.core.runs import Run
from pytest_glue.core.tasks import GLUE
from pytest_glue.core.verdict import Verdict
from pytest_glue.gate.baseline import Baseline, RecordedRun
from pytest_glue.gate.criteria import Criteria
from pytest_glue.gate.regression import RegressionCriterion

DESIGNS = ((1, 3), (3, 3), (5, 5), (10, 10))
RATES = (0.0, 0.05, 0.1, 0.3)
SIZE, SEED_DEVIATION, DROP = 1000, 0.005, 0.05
NO_BASELINE = "no baseline"
"""All of its runs failed, so that it is not recorded."""


class Shares(NamedTuple):
    """Shares of the comparisons that had a baseline."""

    fail: float
    degenerate: float
    passed: float


def verdict(runs: Floats, recorded: Floats, references: Floats, max_drop: float) -> str:
    """Return the verdict on accuracy, with the whole gate."""
    gold, task = tuple(references.tolist()), GLUE["rte"]
    scores = [{"accuracy": float(score)} for score in (np.concatenate([runs, recorded]) == references).mean(axis=1)]
    parts = [tuple(run.tolist()) for run in (*runs, *recorded)]
    kept = tuple(RecordedRun(1000 + i, scores[i], parts[i]) for i in range(len(runs), len(parts)))
    checkpoint = Checkpoint("simulated", Origin.SAMPLE)
    baseline = Baseline("rte", checkpoint, "accuracy", False, "validation", 1, len(gold), "", {}, {}, {}, kept)  # noqa: FBT003
    criteria = Criteria(task, "simulated", {}, RegressionCriterion("main", "main.json", baseline, max_drop, 0.05, 1))
    found = [Run(i, scores[i], (), parts[i], 1.0) for i in range(len(runs))]
    try:
        return criteria.judge(found, gold).verdict
    except BaselineError:
        return NO_BASELINE


def shares(
    world: World, drop: float, design: tuple[int, int], rates: tuple[float, float], count: int, seed: int
) -> Shares:
    """Return the verdicts on a candidate with this drop; its runs and the baseline's fail at these rates."""
    rng, (a, b), found = np.random.default_rng(seed), design, Counter[str]()
    size = max(1, 400_000 // (world.n * (a + b)))
    for start in range(0, count, size):
        drawn = world.draw(rng, np.full((min(size, count - start), a), drop), b)
        for ours, theirs, references in zip(drawn.candidate, drawn.baseline, drawn.references, strict=True):
            gold, sides = references.astype(float), (ours.astype(float), theirs.astype(float))
            for side, rate in zip(sides, rates, strict=True):
                for run in side:
                    if rng.random() < rate:
                        run[:] = failed_run(str(rng.choice(KINDS)), world.metric, gold, rng)
            found[verdict(*sides, gold, 0.0)] += 1
    total = found.total() - found[NO_BASELINE]
    return Shares(*(found[each] / total for each in (Verdict.FAIL, Verdict.DEGENERATE, Verdict.PASS)))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="50 trials a cell instead of 400")
    parser.add_argument("--seed", type=int, default=20261128)
    arguments = parser.parse_args()
    count, world = 50 if arguments.quick else 400, World("accuracy", SIZE, SEED_DEVIATION)
    columns = ("runs", "fail to train", "fail", "degenerate", "red", f"red, drop {DROP:g}", "red, fails 0.3 more often")
    sys.stdout.write(f"| {' | '.join(columns)} |\n|{'--:|' * 7}\n")
    for design in DESIGNS:
        for rate in RATES:
            same = shares(world, 0.0, design, (rate, rate), count, arguments.seed)
            worse = shares(world, DROP, design, (rate, rate), count // 2, arguments.seed + 1)
            more = shares(world, 0.0, design, (rate + 0.3, rate), count // 2, arguments.seed + 2)
            reds = [f"{each.fail + each.degenerate:.3f}" for each in (same, worse, more)]
            cells = [
                f"{design[0]} against {design[1]}",
                f"{rate:g}",
                f"{same.fail:.3f}",
                f"{same.degenerate:.3f}",
                *reds,
            ]
            sys.stdout.write(f"| {' | '.join(cells)} |\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
