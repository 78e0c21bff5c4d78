"""Tables of error rates and power over the designs of a comparison, for both simulations."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.judging import ALPHA, batches, draw, first, judge, of_test_run, published_sd, shown
from benchmarks.score_world import NOISES, ScoreWorld
from benchmarks.simulated_runs import World

MAX_DROP = 0.02
REAL_DROP = 0.06
"""The drop whose power is shown, with no allowed drop."""
ITEMS = (1, 3, 10, 50)
"""Items of a test run, all of which are in the state of the column."""
DESIGNS = ((1, 3), (1, 5), (1, 10), (2, 2), (3, 3), (5, 5), (10, 10), (2, 5), (3, 10), (10, 3), (5, 10))
"""Seeds of the candidate and of the baseline."""
RUNS = 10


class Tally:
    """Counts of rejections of one design in one state."""

    def __init__(self) -> None:
        self.fails = np.zeros(len(ITEMS))
        self.passes, self.trials = 0.0, 0

    def add(self, of_fail: NDArray[np.float64], of_pass: NDArray[np.float64]) -> None:
        """Count a batch of p values."""
        self.fails += [(of_fail <= ALPHA / items).sum() for items in ITEMS]
        self.passes += (of_pass <= ALPHA).sum()
        self.trials += of_fail.size

    def red(self, items: int) -> float:
        """Return the share of test runs of so many items that are red."""
        return of_test_run(self.fails[ITEMS.index(items)] / self.trials, items)

    @property
    def passed(self) -> float:
        """Return the share of items that pass."""
        return self.passes / self.trials


class State(NamedTuple):
    """What is true in a column of a table."""

    drop: float | None
    """None for the unchanged checkpoint."""
    max_drop: float


UNCHANGED, EQUAL, EDGE, DROPPED = State(None, 0.0), State(0.0, 0.0), State(MAX_DROP, MAX_DROP), State(REAL_DROP, 0.0)


def tallies(
    world: World | ScoreWorld,
    state: State,
    designs: Sequence[tuple[int, int]],
    trials: int,
    rng: np.random.Generator,
) -> dict[tuple[int, int], Tally]:
    """Return the rejections of each design; all designs use the first runs of the same trials."""
    found = {design: Tally() for design in designs}
    sd = world.run_sd(rng) if isinstance(world, World) and (1, 1) in designs else 0.0
    for size in batches(trials, world.n, 2 * RUNS):
        candidate, baseline = draw(world, rng, size, (RUNS, RUNS), state.drop)
        for (a, b), tally in found.items():
            published = published_sd(rng, sd, size) if (a, b) == (1, 1) else None
            sides = first(candidate, a), first(baseline, b)
            tally.add(*judge(world.metric, *sides, state.max_drop, published))
    return found


def monte_carlo_error(items: int, trials: int) -> float:
    """Return the standard error of a share of red test runs whose expectation is `ALPHA`."""
    p = ALPHA / items
    return float(items * np.sqrt(p * (1 - p) / trials))


def print_score_worlds(trials: int, rng: np.random.Generator) -> None:
    """Print error rates and power in the second simulation, by the shape of the seeds' noise."""
    errors = " · ".join(f"{monte_carlo_error(items, trials):.4f}" for items in ITEMS)
    print(f"\n### Errors and power, second simulation ({trials} trials a cell; alpha {ALPHA})\n")
    print("Accuracy 0.8. *unchanged*, *equal* (another checkpoint with the same expected score), *edge* (the true drop")
    print(f"is the allowed {MAX_DROP}): test runs with a `fail`, of 1 · 3 · 10 · 50 such items. *pass at edge*: items.")
    print(f"*power*: items with a drop of {REAL_DROP} that fail, alone and among 10 items. The Monte-Carlo standard")
    print(f"error of the shares of test runs is {errors}.\n")
    print("| n | noise | seed sd | design | unchanged | equal | edge | pass at edge | power |")
    print("|--:|---|--:|---|---|---|---|--:|---|")
    worst = np.zeros(4)
    for n, noise, sd in _score_worlds():
        world = ScoreWorld(n, sd, noise)
        of_states = [tallies(world, state, DESIGNS, trials, rng) for state in (UNCHANGED, EQUAL, EDGE, DROPPED)]
        for a, b in DESIGNS:
            unchanged, equal, edge, dropped = (found[a, b] for found in of_states)
            cells = [" · ".join(shown(tally.red(items)) for items in ITEMS) for tally in (unchanged, equal, edge)]
            power = " · ".join(f"{dropped.fails[ITEMS.index(items)] / dropped.trials:.2f}" for items in (1, 10))
            row = [n, noise, sd, f"{a} v {b}", *cells, shown(edge.passed), power]
            print(f"| {' | '.join(map(str, row))} |", flush=True)
            if noise != "skewed":
                reds = [max(tally.red(items) for items in ITEMS[:3]) for tally in (unchanged, equal, edge)]
                worst = np.maximum(worst, [*reds, edge.passed])
    names = ("unchanged", "equal", "edge", "pass at edge")
    print("\nLargest, of up to 10 items, without skewed noise: ", end="")
    print(", ".join(f"{name} {value:.3f}" for name, value in zip(names, worst, strict=True)) + ".")


def _score_worlds() -> Iterable[tuple[int, str, float]]:
    for noise in NOISES:
        yield 277, noise, 0.0 if noise == "none" else 0.02
    yield 1043, "normal", 0.02
    yield 1043, "bimodal", 0.02


def print_simulated_runs(metrics: Sequence[str], sizes: Sequence[int], trials: int, rng: np.random.Generator) -> None:
    """Print error rates and power in the first simulation, for each metric."""
    designs = ((1, 1), (1, 3), (1, 5), (2, 2), (3, 3), (5, 5), (10, 10), (3, 10))
    limit = ALPHA + 2 * monte_carlo_error(1, trials)
    print(f"\n### Errors and power, first simulation ({trials} trials a cell; alpha {ALPHA}, limit {limit:.4f})\n")
    print(
        "In a cell: fail if nothing changed and no drop is allowed (red test runs of 1 and of 10 items) · fail if the"
    )
    print(f"true drop is the allowed {MAX_DROP} · pass in that case · power for a drop of {REAL_DROP}. 1 v 1 has a")
    print("published variance, estimated from 20 simulated runs.\n")
    print("| metric | n | seed sd | " + " | ".join(f"{a} v {b}" for a, b in designs) + " |")
    print("|---|--:|--:|" + "---|" * len(designs))
    worst: list[list[float]] = []
    for metric in metrics:
        for n in sizes:
            for sd in (0.0, 0.02):
                world = World(metric, n, sd)
                found = [tallies(world, state, designs, trials, rng) for state in (UNCHANGED, EDGE, DROPPED)]
                cells = []
                for design in designs:
                    unchanged, edge, dropped = (of_state[design] for of_state in found)
                    rates = [unchanged.red(1), unchanged.red(10), edge.red(1), edge.passed]
                    worst.append(rates)
                    cells.append(" · ".join(map(shown, rates)) + f" · {dropped.fails[0] / dropped.trials:.2f}")
                print(f"| {metric} | {n} | {sd} | " + " | ".join(cells) + " |", flush=True)
    largest = np.max(worst, axis=0)
    names = ("fail unchanged, one item", "of ten items", "fail at the edge", "pass at the edge")
    print("\nLargest: " + ", ".join(f"{name} {value:.4f}" for name, value in zip(names, largest, strict=True)) + ".")
