"""A table of minimum detectable drops as the gate prints them, beside the drops that are seen with 80 % power."""

from collections.abc import Sequence

import numpy as np

from benchmarks.judging import ALPHA, Array, batches, judge, scored
from benchmarks.score_world import ScoreWorld
from pytest_glue.statistics.power import minimum_detectable_drop
from pytest_glue.statistics.run_variance import RunVariance
from pytest_glue.statistics.variance import variance_components

DESIGNS = ((1, 3), (2, 2), (3, 3), (3, 10), (5, 5), (10, 10))
"""Seeds of the candidate and of the baseline."""
WORLDS = ((71, 0.02), (277, 0.02), (277, 0.005), (1043, 0.02), (1043, 0.005))
"""Examples, and the standard deviation of the seeds."""
ITEMS = (1, 10)
POWER = 0.8
GRID = np.linspace(0.5, 1.6, 12)
"""The drops that are simulated, as multiples of the printed one."""


def print_detectable_drops(trials: int, rng: np.random.Generator) -> None:
    """Print the table; each of the simulated drops has a twelfth of the trials."""
    print(f"\n### Minimum detectable drops ({trials} trials a cell, alpha {ALPHA})\n")
    print("Second simulation, accuracy 0.8, normal noise. In a cell, for 1 and for 10 items: the drop as it is printed")
    print(f"(median over trials), and in brackets its ratio to the drop that is seen in {POWER:.0%} of the trials;")
    print("`-` where none that the score leaves is printed or seen.\n")
    print("| n | seed sd | " + " | ".join(f"{a} v {b}" for a, b in DESIGNS) + " |")
    print("|--:|--:|" + "---|" * len(DESIGNS))
    ratios: list[float] = []
    for n, sd in WORLDS:
        world, cells = ScoreWorld(n, sd), []
        for design in DESIGNS:
            each = [_printed_and_seen(world, design, ALPHA / items, trials, rng) for items in ITEMS]
            ratios += [printed / seen for printed, seen in each if np.isfinite(printed / seen)]
            cells.append(" · ".join(_cell(*pair) for pair in each))
        print(f"| {n} | {sd} | {' | '.join(cells)} |", flush=True)
    close = np.mean(np.abs(np.array(ratios) - 1) <= 0.1)
    print(f"\nWithin 10 %: {close:.0%} of {len(ratios)}; ratios from {min(ratios):.2f} to {max(ratios):.2f}.")


def _cell(printed: float, seen: float) -> str:
    if not np.isfinite(printed) or not np.isfinite(seen):
        return f"{printed:.3f} (-)" if np.isfinite(printed) else "-"
    return f"{printed:.3f} ({printed / seen:.2f})"


def _printed_and_seen(
    world: ScoreWorld, design: tuple[int, int], alpha: float, trials: int, rng: np.random.Generator
) -> tuple[float, float]:
    """Return the median of the printed drops, and the drop that is detected with the power; NaN where there is none."""
    printed = _printed(world, design, alpha, max(trials // 10, 50), rng)
    if not np.isfinite(printed):
        return np.nan, np.nan
    drops = np.minimum(GRID * printed, world.score)
    powers = [_power(world, design, alpha, float(drop), max(trials // len(GRID), 20), rng) for drop in drops]
    return printed, _crossing(drops, powers)


def _printed(world: ScoreWorld, design: tuple[int, int], alpha: float, trials: int, rng: np.random.Generator) -> float:
    found = []
    for size in batches(trials, world.n, sum(design)):
        sides = scored(world.metric, world.draw(rng, size, design, 0.0))
        run = RunVariance.of_comparison(world.metric, sides, variance_components(*sides), 1.0)
        found.append(minimum_detectable_drop(run, design, alpha))
    return float(np.median(np.nan_to_num(np.concatenate(found), nan=np.inf)))


def _power(
    world: ScoreWorld, design: tuple[int, int], alpha: float, drop: float, trials: int, rng: np.random.Generator
) -> float:
    rejected = 0
    for size in batches(trials, world.n, sum(design)):
        sides = scored(world.metric, world.draw(rng, size, design, drop))
        rejected += int((judge(world.metric, *sides).of_fail <= alpha).sum())
    return rejected / trials


def _crossing(drops: Array, powers: Sequence[float]) -> float:
    """Return the drop at which the power is reached, interpolated between its two neighbours; NaN if it is not."""
    rising = np.maximum.accumulate(powers)
    if rising[-1] < POWER or rising[0] > POWER:
        return np.nan
    return float(np.interp(POWER, rising, drops))
