"""A table of error rates of one run on each side, whose variance between seeds was published by somebody else."""

import numpy as np

from benchmarks.error_tables import EDGE, UNCHANGED
from benchmarks.judging import ALPHA, Array, batches, draw, judge, of_test_run, shown
from benchmarks.score_world import NOISES, ScoreWorld

ITEMS = (1, 3, 10, 50)
RUNS = 20
"""Runs of the same recipe from which the variance is published."""


def print_published_variance(trials: int, rng: np.random.Generator) -> None:
    """Print red test runs and passes in the second simulation, by the shape of the seeds' noise."""
    print(f"\n### One seed on each side, published variance ({trials} trials a row, alpha {ALPHA})\n")
    print(
        f"Second simulation, accuracy 0.8; the variance is published from {RUNS} runs of the same recipe. *unchanged*,"
    )
    print(
        f"*edge* (the true drop is the allowed {EDGE.max_drop}): test runs with a `fail`, of 1 · 3 · 10 · 50 items.\n"
    )
    print("| n | noise | seed sd | unchanged | edge | pass at edge |")
    print("|--:|---|--:|---|---|--:|")
    for n in (277, 1043):
        for noise in NOISES:
            world = ScoreWorld(n, 0.0 if noise == "none" else 0.02, noise)
            unchanged, edge = (_rates(world, state.drop, state.max_drop, trials, rng) for state in (UNCHANGED, EDGE))
            reds = (" · ".join(map(shown, rates[:-1])) for rates in (unchanged, edge))
            print(f"| {n} | {noise} | {world.seed_sd} | {' | '.join(reds)} | {shown(edge[-1])} |", flush=True)


def _rates(
    world: ScoreWorld, drop: float | None, max_drop: float, trials: int, rng: np.random.Generator
) -> list[float]:
    """Return the shares of test runs that are red, of each number of items, and the share of items that pass."""
    fails: list[Array] = []
    passes: list[Array] = []
    for size in batches(trials, world.n, 2):
        p = judge(world.metric, *draw(world, rng, size, (1, 1), drop), max_drop, world.measured_sd(rng, size, RUNS))
        fails.append(p.of_fail)
        passes.append(p.of_pass)
    p_fail, p_pass = np.concatenate(fails), np.concatenate(passes)
    red = [of_test_run(float(np.mean(p_fail <= ALPHA / items)), items) for items in ITEMS]
    return [*red, float(np.mean(p_pass <= ALPHA))]
