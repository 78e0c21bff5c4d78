"""Error rates and power of verdicts on simulated fine-tunings, as tables in Markdown.

    python -m benchmarks.calibration --divide-trials 20

There are two simulations, `benchmarks.simulated_runs` and `benchmarks.score_world`, that share no assumption with each
other or with the method. Each table is printed row by row, so that a run that is stopped has shown what it found.
"""

import argparse
import time

import numpy as np

from benchmarks.collapsed_runs import print_collapsed_runs
from benchmarks.coverage import print_coverage
from benchmarks.detectable_drops import print_detectable_drops
from benchmarks.error_tables import print_score_worlds, print_simulated_runs
from benchmarks.interim_analyses import print_sequence
from benchmarks.judging import ALPHA, draw, judge
from benchmarks.moderation import print_moderation
from benchmarks.published_variance import print_published_variance
from benchmarks.rival_tests import print_rivals
from benchmarks.simulated_runs import World

METRICS = ("accuracy", "f1", "matthews_correlation", "pearson")
SIZES = (71, 277, 1043)
TABLES = (
    "unknown",
    "published",
    "second",
    "rivals",
    "interim",
    "moderation",
    "coverage",
    "first",
    "collapse",
    "detectable",
)


def print_unknown(trials: int, rng: np.random.Generator) -> None:
    """Print the verdicts of one run a side if the variance between seeds is unknown."""
    judged = judge("accuracy", *draw(World("accuracy", 277, 0.02), rng, trials, (1, 1), 0.05))
    inconclusive = int((~(judged.of_fail <= ALPHA) & ~(judged.of_pass <= ALPHA)).sum())
    print("\n### One seed on each side, unknown variance between seeds\n")
    print(f"{inconclusive} of {trials} are inconclusive.")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--divide-trials", type=int, default=1, help="a share of the trials: 20 for a twentieth")
    parser.add_argument("--tables", nargs="+", default=TABLES, choices=TABLES, help="all, in this order, by default")
    parser.add_argument("--seed", type=int, default=20261128, help="of each table's simulation")
    arguments = parser.parse_args()
    share, begun = arguments.divide_trials, time.perf_counter()
    tables = {
        "unknown": lambda rng: print_unknown(2000 // share, rng),
        "published": lambda rng: print_published_variance(20_000 // share, rng),
        "second": lambda rng: print_score_worlds(20_000 // share, rng),
        "rivals": lambda rng: print_rivals(5000 // share, rng),
        "interim": lambda rng: print_sequence(4000 // share, rng),
        "moderation": lambda rng: print_moderation(40_000 // share, rng),
        "coverage": lambda rng: print_coverage(METRICS, 4000 // share, rng),
        "first": lambda rng: print_simulated_runs(METRICS, SIZES, 5000 // share, rng),
        "collapse": lambda rng: print_collapsed_runs(5000 // share, rng),
        "detectable": lambda rng: print_detectable_drops(12_000 // share, rng),
    }
    for name in arguments.tables:
        tables[name](np.random.default_rng(arguments.seed))
        print(f"\n(table {name}: {time.perf_counter() - begun:.0f} s so far, seed {arguments.seed})", flush=True)


if __name__ == "__main__":
    main()
