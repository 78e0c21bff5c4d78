"""A table of how often the interval of a score covers the expected score over seeds and examples."""

from collections.abc import Sequence

import numpy as np
from scipy.special import stdtrit

from benchmarks.judging import batches, draw, first, published_sd, shown
from benchmarks.score_world import ScoreWorld
from benchmarks.simulated_runs import World
from pytest_glue.statistics.scale import score_interval
from pytest_glue.statistics.seed_variance import SeedVariance
from pytest_glue.statistics.variance import variance_components

COUNTS = (1, 3, 5, 10)


def print_coverage(metrics: Sequence[str], trials: int, rng: np.random.Generator) -> None:
    """Print the table, for both simulations; the second has known scores."""
    print(f"\n### Coverage of a score's 95 % interval ({trials} trials a cell)\n")
    print("k = 1 has a published variance, estimated from 20 simulated runs and drawn once for each batch.\n")
    print("| simulation | metric | score | n | seed sd | " + " | ".join(f"k = {k}" for k in COUNTS) + " |")
    print("|---|---|--:|--:|--:|" + "--:|" * len(COUNTS))
    for n in (71, 277):
        for metric in metrics:
            _print_row("first", World(metric, n, 0.01), 0.01, trials, rng)
        for metric in ("accuracy", "pearson"):
            for score in (0.8, 0.95):
                _print_row("second", ScoreWorld(n, 0.01, "t3", metric, score), 0.01, trials, rng)


def _print_row(
    simulation: str, world: World | ScoreWorld, seed_sd: float, trials: int, rng: np.random.Generator
) -> None:
    sd = world.run_sd(rng) if isinstance(world, World) else _run_sd(world, rng)
    held = np.zeros(len(COUNTS))
    for size in batches(trials, world.n, max(COUNTS)):
        _, runs = draw(world, rng, size, (1, max(COUNTS)), None)
        for i, k in enumerate(COUNTS):
            seed_variance = SeedVariance(float(published_sd(rng, sd, 1)[0]), 19, "simulated") if k == 1 else None
            components = variance_components(first(runs, k), None, seed_variance)
            reach = stdtrit(components.degrees_of_freedom, 0.975) * np.sqrt(components.seeds + components.examples)
            low, high = score_interval(world.metric, runs.scores[:, :k].mean(axis=-1), reach, world.n)
            held[i] += ((low <= world.score) & (world.score <= high)).sum()
    cells = " | ".join(shown(share) for share in held / trials)
    print(f"| {simulation} | {world.metric} | {world.score:.2f} | {world.n} | {seed_sd} | {cells} |", flush=True)


def _run_sd(world: ScoreWorld, rng: np.random.Generator) -> float:
    _, runs = draw(world, rng, 200, (1, 10), None)
    return float(np.sqrt(runs.scores.var(axis=1, ddof=1).mean()))
