"""A table of minimum detectable drops as the gate prints them, beside the drops that are seen with 80 % power."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np
from scipy.special import ndtri

from benchmarks.judging import ALPHA, Array, batches, draw, first, judge
from benchmarks.score_world import ScoreWorld
from benchmarks.simulated_runs import World
from pytest_glue.statistics.power import TARGET_POWER, minimum_detectable_drop
from pytest_glue.statistics.run_variance import RunVariance
from pytest_glue.statistics.variance import variance_components

DESIGNS = ((1, 3), (2, 2), (3, 3), (3, 10), (5, 5), (10, 10))
"""Seeds of the candidate and of the baseline."""
WORLDS = ((71, 0.02), (277, 0.02), (277, 0.005), (1043, 0.02), (1043, 0.005))
"""Examples, and the standard deviation of the seeds."""
ITEMS = (1, 10)
DROPS = 24
"""So many drops are simulated, evenly spread on a scale of logarithms."""
NEAR = 0.7, 1.4
"""Drops from the first to the second multiple of the printed one tell where the power is reached."""
RUNS = 10


class Case(NamedTuple):
    """A design in a test run of so many items."""

    design: tuple[int, int]
    items: int


def print_detectable_drops(trials: int, rng: np.random.Generator) -> None:
    """Print a table for both simulations; each of the simulated drops has an eighth of the trials."""
    print(f"\n### Minimum detectable drops ({trials} trials a cell, alpha {ALPHA})\n")
    print("Accuracy; 0.8 with normal noise in the second simulation. In a cell, for 1 and for 10 items: the drop as it")
    print(
        f"is printed (median over trials), and in brackets its ratio to the drop that is seen in {TARGET_POWER:.0%} of"
    )
    print("the trials; `-` where none that the score leaves is printed or seen.\n")
    print("| simulation | n | seed sd | " + " | ".join(f"{a} v {b}" for a, b in DESIGNS) + " |")
    print("|---|--:|--:|" + "---|" * len(DESIGNS))
    ratios = {}
    for name, world_of in (("second", ScoreWorld), ("first", _first_world)):
        ratios[name] = _print_rows(name, {(n, sd): world_of(n, sd) for n, sd in WORLDS}, trials, rng)
    for name, found in ratios.items():
        for items in ITEMS:
            of_items = np.array([ratio for case, ratio in found if case.items == items])
            close, spread = int((np.abs(of_items - 1) <= 0.1).sum()), f"{of_items.min():.2f} to {of_items.max():.2f}"
            print(f"\nThe {name} simulation, {items} item(s): {close} of {of_items.size} within 10 %, {spread}.")


def _first_world(n: int, sd: float) -> World:
    return World("accuracy", n, sd)


def _print_rows(
    name: str, worlds: Mapping[tuple[int, float], ScoreWorld | World], trials: int, rng: np.random.Generator
) -> list[tuple[Case, float]]:
    """Print the rows of a simulation, and return the ratios of printed and seen drops."""
    ratios = []
    for (n, sd), world in worlds.items():
        printed = _printed(world, max(trials // 15, 50), rng)
        seen = _seen(world, printed, max(trials // 8, 20), rng)
        ratios += [(case, drop / seen[case]) for case, drop in printed.items() if np.isfinite(drop / seen[case])]
        cells = [" · ".join(_cell(printed[case], seen[case]) for case in _cases(design)) for design in DESIGNS]
        print(f"| {name} | {n} | {sd} | {' | '.join(cells)} |", flush=True)
    return ratios


def _cases(*designs: tuple[int, int]) -> list[Case]:
    return [Case(design, items) for design in designs for items in ITEMS]


def _cell(printed: float, seen: float) -> str:
    if not np.isfinite(printed) or not np.isfinite(seen):
        return f"{printed:.3f} (-)" if np.isfinite(printed) else "-"
    return f"{printed:.3f} ({printed / seen:.2f})"


def _printed(world: ScoreWorld | World, trials: int, rng: np.random.Generator) -> dict[Case, float]:
    """Return the median of the printed drops, for another checkpoint that is as good; infinity if most have none."""
    found: dict[Case, list[Array]] = {case: [] for case in _cases(*DESIGNS)}
    for size in batches(trials, world.n, 2 * RUNS):
        candidate, baseline = draw(world, rng, size, (RUNS, RUNS), 0.0)
        for design, items in found:
            sides = first(candidate, design[0]), first(baseline, design[1])
            run = RunVariance.of_comparison(world.metric, sides, variance_components(*sides), 1.0)
            found[Case(design, items)].append(minimum_detectable_drop(run, design, ALPHA / items))
    return {case: float(np.median(np.nan_to_num(np.concatenate(drops), nan=np.inf))) for case, drops in found.items()}


def _seen(
    world: ScoreWorld | World, printed: Mapping[Case, float], trials: int, rng: np.random.Generator
) -> dict[Case, float]:
    """Return the drops that are detected with the power; NaN where there is none."""
    known = {case: drop for case, drop in printed.items() if np.isfinite(drop)}
    low, high = NEAR[0] * min(known.values()), min(NEAR[1] * max(known.values()), world.score)
    points: dict[Case, list[tuple[float, float]]] = {case: [] for case in printed}
    for drop in np.geomspace(low, high, DROPS):
        near = [case for case, each in known.items() if NEAR[0] <= drop / each <= NEAR[1]]
        for case, share in _powers(world, near, float(drop), trials, rng).items():
            points[case].append((float(drop), share))
    return {case: _crossing(each) for case, each in points.items()}


def _powers(
    world: ScoreWorld | World, cases: Iterable[Case], drop: float, trials: int, rng: np.random.Generator
) -> dict[Case, float]:
    rejected = dict.fromkeys(cases, 0)
    designs = {case.design for case in rejected}
    counts = max((a for a, _ in designs), default=0), max((b for _, b in designs), default=0)
    for size in batches(trials, world.n, sum(counts)) if designs else ():
        candidate, baseline = draw(world, rng, size, counts, drop)
        for design in designs:
            p = judge(world.metric, first(candidate, design[0]), first(baseline, design[1])).of_fail
            for items in ITEMS:
                if (case := Case(design, items)) in rejected:
                    rejected[case] += int((p <= ALPHA / items).sum())
    return {case: count / trials for case, count in rejected.items()}


def _crossing(points: list[tuple[float, float]]) -> float:
    """Return the drop at which the power is reached, by a probit line through the powers near it; NaN if it is not."""
    near = np.array([(drop, share) for drop, share in points if 0.6 < share < 0.95])
    if len(near) < 2 or max(share for _, share in points) < TARGET_POWER:
        return np.nan
    slope, intercept = np.polyfit(np.log(near[:, 0]), ndtri(near[:, 1]), 1)
    return float(np.exp((ndtri(TARGET_POWER) - intercept) / slope)) if slope > 0 else np.nan
