"""A table of how many seeds interim analyses save, against all seeds at once."""

import numpy as np

from benchmarks.judging import ALPHA, batches, draw, first, judge
from benchmarks.score_world import ScoreWorld
from benchmarks.simulated_runs import World
from pytest_glue.statistics.error_rates import interim_analyses, nominal_alpha


def print_sequence(trials: int, rng: np.random.Generator) -> None:
    """Print the table, for both simulations."""
    counts = interim_analyses(3, 10)
    alpha = nominal_alpha(counts, ALPHA)
    listed = ", ".join(map(str, counts))
    print(f"\n### Seeds added until conclusive ({trials} trials a row)\n")
    print(
        f"Interim analyses at {listed} seeds of the candidate against a baseline of 10, each at alpha {alpha:.4f}; then"
    )
    print(f"10 seeds at once at {ALPHA}. Accuracy. There is no stop for futility here.\n")
    print("| simulation | n | seed sd | allowed | true drop | fail | pass | fine-tunings | fail, 10 | pass, 10 |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|")
    worlds: list[tuple[str, World | ScoreWorld, float, float]] = [
        ("first", World("accuracy", n, sd), sd, allowed)
        for n, sd, allowed in ((277, 0.003, 0.03), (277, 0.02, 0.04), (1043, 0.02, 0.03))
    ]
    worlds += [(f"second, {noise}", ScoreWorld(277, 0.02, noise), 0.02, 0.04) for noise in ("normal", "t3", "bimodal")]
    for name, world, sd, allowed in worlds:
        for drop, max_drop in ((None, 0.0), (None, allowed), (allowed, allowed), (2 * allowed, allowed)):
            fail, passed, used, fail_10, pass_10 = _sequence(world, (drop, max_drop), counts, alpha, trials, rng)
            row = f"| {name} | {world.n} | {sd} | {max_drop} | {drop or 0.0} | {fail:.3f} | {passed:.3f} | {used:.1f} "
            print(f"{row}| {fail_10:.3f} | {pass_10:.3f} |", flush=True)


def _sequence(
    world: World | ScoreWorld,
    drops: tuple[float | None, float],
    counts: tuple[int, ...],
    alpha: float,
    trials: int,
    rng: np.random.Generator,
) -> tuple[float, ...]:
    drop, max_drop = drops
    total = np.zeros(5)
    for size in batches(trials, world.n, 20):
        candidate, baseline = draw(world, rng, size, (10, 10), drop)
        fails, passes, used = np.zeros(size, bool), np.zeros(size, bool), np.zeros(size)
        for k in counts:
            pending = ~(fails | passes)
            judged = judge(world.metric, first(candidate, k), baseline, max_drop)
            fails |= pending & (judged.of_fail <= alpha)
            passes |= pending & ~fails & (judged.of_pass <= alpha)
            used[pending] = k
        fixed = judge(world.metric, candidate, baseline, max_drop)
        of_fixed = (fixed.of_fail <= ALPHA).sum(), (fixed.of_pass <= ALPHA).sum()
        total += [fails.sum(), passes.sum(), used.sum(), *of_fixed]
    return tuple(float(part) for part in total / trials)
