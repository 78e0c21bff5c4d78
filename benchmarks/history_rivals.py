"""What other libraries make of the histories of `benchmarks.history`, as a table in Markdown.

    pip install ruptures apache-otava
    python -m benchmarks.history_rivals

Neither library gives a range of commits. Both are used as documented: ruptures' PELT with the penalty of the Bayesian
information criterion, for the variance of the differences between neighbours; apache-otava with its default of
p < 0.001, and with p < 0.05, by its t test and by the permutation test of its paper.
"""

import argparse
import importlib
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.history import NEAR, NOISES, RESULTS, Floats, found, history, placed

Positions = list[int]


def pelt(results: Floats) -> Positions:
    ruptures: Any = importlib.import_module("ruptures")
    variance = (1.4826 * np.median(np.abs(np.diff(results)))) ** 2 / 2
    model = ruptures.Pelt(model="l2", min_size=2, jump=1).fit(results)
    return list(model.predict(pen=2 * variance * np.log(results.size)))[:-1]


def otava(max_pvalue: float) -> Callable[[Floats], Positions]:
    def positions(results: Floats) -> Positions:
        analysis: Any = importlib.import_module("otava.analysis")
        changes, _ = analysis.compute_change_points(
            results.tolist(), window_len=50, max_pvalue=max_pvalue, min_magnitude=0.0
        )
        return [each.index for each in changes]

    return positions


def permutations(results: Floats) -> Positions:
    analysis: Any = importlib.import_module("otava.analysis")
    changes, _ = analysis.compute_change_points_orig(results.tolist(), max_pvalue=0.05, seed=1)
    return [each.index for each in changes]


def ours(results: Floats) -> Positions:
    return [each.likely for each in found(results, 3)]


METHODS: dict[str, Callable[[Floats], Positions]] = {
    "this plugin": ours,
    "ruptures, PELT with BIC": pelt,
    "apache-otava, p < 0.001": otava(0.001),
    "apache-otava, p < 0.05": otava(0.05),
    "apache-otava, permutations, p < 0.05": permutations,
}


def shares(method: Callable[[Floats], Positions], noise: str, n_changes: int, count: int) -> tuple[float, float]:
    """Return the shares of histories with a change named, and with one at most two commits from each change."""
    rng = np.random.default_rng([20261128, list(NOISES).index(noise), 3, n_changes])
    rows = []
    for _ in range(count):
        true = placed(rng, n_changes)
        named = method(history(rng, noise, 3, true, 1.0))
        errors = [min((abs(position - each) for each in named), default=RESULTS) for position in true]
        rows.append((bool(named), max(errors, default=0) <= NEAR))
    named_share, near = np.mean(rows, axis=0)
    return float(named_share), float(near)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=200, help="histories a cell")
    count = parser.parse_args().count
    sys.stdout.write("| method | scores | named without a change | named, of one drop | commit within 2 |\n")
    sys.stdout.write("|---|---|--:|--:|--:|\n")
    for name, method in METHODS.items():
        for noise in ("normal", "heavier tails"):
            alarms, _ = shares(method, noise, 0, count)
            named, near = shares(method, noise, 1, count)
            sys.stdout.write(f"| {name} | {noise} | {alarms:.3f} | {named:.3f} | {near:.3f} |\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
