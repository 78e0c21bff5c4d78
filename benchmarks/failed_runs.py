"""False alarms and misses of the detection of failed runs, as a table in Markdown.

    python -m benchmarks.failed_runs --quick

Healthy runs are those of `benchmarks.simulated_runs`. A failed run predicts one class (constant), one class but for a
few examples without regard to the text (nearly constant), or each class as often as it is, at random. A cell has the
share of healthy runs that count as failed, then the share of each kind of failed run that does not.
"""

import argparse
import sys
from collections.abc import Iterator
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.simulated_runs import World
from pytest_glue.statistics.diagnostics import collapsed, constant_predictions, nearly_constant

METRICS = ("accuracy", "matthews_correlation", "pearson")
SIZES = (71, 277, 1000)
DESIGNS = ((3, 0), (1, 3), (3, 3), (10, 10))
"""Runs of the candidate, and of the baseline, which has no failed run."""
DROPS = (0.0, 0.1, 0.2)
"""How much lower the expected score is than the simulation's: good, mediocre and near-chance recipes."""
KINDS = ("constant", "nearly constant", "random")
SEED_DEVIATION = 0.015
OTHERS = 0.02
"""Share of other predictions of a nearly constant run."""

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


class Cell(NamedTuple):
    """Shares of runs."""

    false_alarms: float
    """Of the healthy runs, of items without a failed run and of items with one."""
    misses: dict[str, float]
    """Of the failed runs, one an item, by kind."""


def detected(metric: str, runs: Floats, references: Floats, recorded: Floats) -> Bools:
    """Return which runs count as failed, as `gate.diagnostics` decides without losses."""
    is_regression = metric == "pearson"
    same = constant_predictions(runs) | nearly_constant(runs, references, is_regression=is_regression)
    return same | collapsed(metric, runs, references, recorded if recorded.size else None)


def failed_run(kind: str, metric: str, references: Floats, rng: np.random.Generator) -> Floats:
    """Return the predictions of a run that failed to train."""
    n = references.size
    if kind == "random":
        return rng.permutation(references)
    level = references.mean() if metric == "pearson" else float(rng.random() < references.mean())
    one = np.full(n, level)
    if kind == "nearly constant":
        if metric == "pearson":
            return np.asarray(one + 0.02 * references.std() * rng.standard_normal(n))
        others = rng.choice(n, max(1, round(OTHERS * n)), replace=False)
        one[others] = 1 - one[others]
    return one


def trials(
    world: World, drop: float, a: int, b: int, count: int, rng: np.random.Generator
) -> Iterator[tuple[Floats, ...]]:
    """Yield the candidate's predictions, the baseline's, and the references, of an unchanged checkpoint."""
    size = max(1, 400_000 // (world.n * (a + b)))
    for start in range(0, count, size):
        drawn = world.draw(rng, np.full((min(size, count - start), a + b), drop), 1)
        for runs, references in zip(drawn.candidate, drawn.references, strict=True):
            yield runs[:a].astype(float), runs[a:].astype(float), references.astype(float)


def cell(world: World, drop: float, design: tuple[int, int], count: int, rng: np.random.Generator) -> Cell:
    """Return the shares of one cell."""
    alarms: list[bool] = []
    missed: dict[str, list[bool]] = {kind: [] for kind in KINDS}
    for runs, recorded, references in trials(world, drop, *design, count, rng):
        alarms += detected(world.metric, runs, references, recorded).tolist()
        for kind in KINDS:
            mixed = runs.copy()
            mixed[0] = failed_run(kind, world.metric, references, rng)
            found = detected(world.metric, mixed, references, recorded)
            missed[kind].append(not found[0])
            alarms += found[1:].tolist()
    return Cell(float(np.mean(alarms)), {kind: float(np.mean(values)) for kind, values in missed.items()})


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="25 trials a cell instead of 100")
    parser.add_argument("--seed", type=int, default=20261128)
    arguments = parser.parse_args()
    rng, count = np.random.default_rng(arguments.seed), 25 if arguments.quick else 100
    designs = [f"{a} against {b}" if b else str(a) for a, b in DESIGNS]
    sys.stdout.write(f"| metric | n | score | {' | '.join(designs)} |\n|---|--:|--:|{'---|' * len(designs)}\n")
    for metric, n in product(METRICS, SIZES):
        world = World(metric, n, SEED_DEVIATION)
        for drop in DROPS:
            cells = [cell(world, drop, design, count, rng) for design in DESIGNS]
            shown = [
                " · ".join(f"{share:.2f}" for share in (each.false_alarms, *each.misses.values())) for each in cells
            ]
            sys.stdout.write(f"| {metric} | {n} | {world.score - drop:.2f} | {' | '.join(shown)} |\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
