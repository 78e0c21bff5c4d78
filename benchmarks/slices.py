"""How often an item with slices is red, simulated: if nothing changed, and if one slice got worse.

    python -m benchmarks.slices --divide-trials 10

The examples of `benchmarks.score_world` are divided into slices of one size. An item is red if the comparison of all
examples fails at its share of the error rate, or that of a slice at its own.
"""

import argparse
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from benchmarks.judging import ALPHA, batches, judge, scored, shown
from benchmarks.score_world import NOISES, Runs, ScoreWorld
from pytest_glue.gate.slices import SHARE

COUNTS = ((3, 3), (5, 5), (3, 10), (10, 10))
SIZES = (277, 1043)
N_SLICES = (1, 2, 5, 10)
Flags = NDArray[np.bool_]


def part(runs: Runs, indices: NDArray[np.int64]) -> Runs:
    """Return the same runs on some of the examples."""
    return Runs(*(each[..., indices] for each in runs))


def p_values(runs: Runs, n_slices: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the p values of fail of all examples, (trials,), and of the slices, (trials, slices)."""
    slices = np.array_split(np.arange(runs.references.shape[-1]), n_slices)
    of_each = [judge("accuracy", *scored("accuracy", part(runs, each))).of_fail for each in slices]
    return judge("accuracy", *scored("accuracy", runs)).of_fail, np.stack(of_each, axis=-1)


def red(runs: Runs, n_slices: int) -> tuple[Flags, Flags, Flags]:
    """Return which trials are red: by the shares, without slices, and if each comparison had the whole error rate."""
    of_all, of_slices = p_values(runs, n_slices)
    shared = (of_all <= (1 - SHARE) * ALPHA) | (of_slices <= SHARE * ALPHA / n_slices).any(axis=-1)
    return shared, of_all <= ALPHA, (of_all <= ALPHA) | (of_slices <= ALPHA).any(axis=-1)


def print_unchanged(trials: int, rng: np.random.Generator) -> None:
    """Print the share of red items whose checkpoint is as good as the baseline's: the largest of all noises."""
    print("\n### Nothing got worse\n")
    print("| examples | seeds | slices | red | without shares |\n|--:|---|--:|--:|--:|")
    for n in SIZES:
        for counts in COUNTS:
            for n_slices in N_SLICES:
                found = []
                for noise in NOISES:
                    world = ScoreWorld(n, noise=noise)
                    for drop in (None, 0.0):
                        drawn = [
                            red(world.draw(rng, size, counts, drop), n_slices)
                            for size in batches(trials, n, sum(counts))
                        ]
                        found.append([np.concatenate(each).mean() for each in zip(*drawn, strict=True)])
                largest = np.max(found, axis=0)
                seeds = f"{counts[0]} v {counts[1]}"
                print(f"| {n} | {seeds} | {n_slices} | {shown(largest[0])} | {shown(largest[2])} |", flush=True)


def print_worse_slice(trials: int, rng: np.random.Generator) -> None:
    """Print the power if the first slice got worse and the others did not."""
    print("\n### One slice got worse by 0.15\n")
    print("| examples | seeds | slices | red | red by all examples alone |\n|--:|---|--:|--:|--:|")
    for n in SIZES:
        for counts in COUNTS:
            for n_slices in N_SLICES:
                size = len(np.array_split(np.arange(n), n_slices)[0])
                drawn = []
                for batch in batches(trials, n, sum(counts)):
                    worse = ScoreWorld(size).draw(rng, batch, counts, 0.15)
                    if n_slices > 1:
                        rest = replace(ScoreWorld(n), n=n - size).draw(rng, batch, counts, 0.0)
                        worse = Runs(*(np.concatenate(both, axis=-1) for both in zip(worse, rest, strict=True)))
                    drawn.append(red(worse, n_slices))
                shares = [np.concatenate(each).mean() for each in zip(*drawn, strict=True)]
                print(
                    f"| {n} | {counts[0]} v {counts[1]} | {n_slices} | {shares[0]:.2f} | {shares[1]:.2f} |", flush=True
                )


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--divide-trials", type=int, default=1, help="a share of the trials: 10 for a tenth")
    parser.add_argument("--seed", type=int, default=20261128, help="of each table's simulation")
    arguments = parser.parse_args()
    print_unchanged(4000 // arguments.divide_trials, np.random.default_rng(arguments.seed))
    print_worse_slice(2000 // arguments.divide_trials, np.random.default_rng(arguments.seed))


if __name__ == "__main__":
    main()
