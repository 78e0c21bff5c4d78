"""How often the history names a change that is none, and how well it places one, as tables in Markdown.

    python -m benchmarks.history --quick

A history has 60 results, one a commit. A result is the mean score of some seeds, whose deviation is 1. In a history
with a drop, the expected score falls by one seed deviation at a random commit, with at least five results on each side.
With two changes, it falls and rises again. Scores are normal; or have heavier tails (Student's t with 4 degrees of
freedom); or one run in twenty fails to train and loses five deviations. The method knows none of this.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pytest_glue.statistics.change_points import FALSE_ALARM_RATE, ChangePoint, change_points

RESULTS = 60
EDGE = 5
"""Results on each side of a change, and between two."""
SEEDS = (1, 2, 3, 5, 10)
NEAR = 2
"""Commits."""
Floats = NDArray[np.float64]


def normal(rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    return rng.standard_normal(shape)


def heavy(rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    """Return scores of Student's t with 4 degrees of freedom, with a deviation of 1."""
    return np.asarray(rng.standard_t(4, shape) / np.sqrt(2))


def failing(rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    """Return normal scores, of which one in twenty is five lower."""
    return np.asarray(rng.standard_normal(shape) - 5.0 * (rng.random(shape) < 0.05))


NOISES: dict[str, Callable[[np.random.Generator, tuple[int, ...]], Floats]] = {
    "normal": normal,
    "heavier tails": heavy,
    "failing runs": failing,
}


class Cell(NamedTuple):
    """Shares of histories, and commits."""

    named: float
    """Share with a change named, right or wrong."""
    right: float
    """Share in which each change is in a range, give or take two commits."""
    inside: float
    """Share in which each change is in a range."""
    near: float
    """Share in which the most probable commit of each change is at most two away."""
    extra: float
    """Share with a range that is more than two commits from any change."""
    width: float
    """Median of the number of commits in a range."""


def history(rng: np.random.Generator, noise: str, n_seeds: int, changes: Sequence[int], drop: float) -> Floats:
    """Return the results of a history whose expected score falls at the first change and rises at the second."""
    scores = NOISES[noise](rng, (RESULTS, n_seeds)).mean(axis=1)
    after = np.searchsorted(np.asarray(changes), np.arange(RESULTS), side="right")
    return np.asarray(scores - drop * (after % 2))


def found(results: Floats, n_seeds: int, alpha: float = FALSE_ALARM_RATE) -> list[ChangePoint]:
    return change_points(results, np.full(results.size, float(n_seeds)), alpha)


def distance(position: int, change: ChangePoint) -> int:
    """Return how many commits a position is outside a range; 0 inside."""
    return max(change.first - position, position - change.last, 0)


def placed(rng: np.random.Generator, n_changes: int) -> list[int]:
    """Return random positions of changes that are far enough from each other and from the ends."""
    free = RESULTS - EDGE * (n_changes + 1)
    return [
        EDGE * (number + 1) + int(each) for number, each in enumerate(np.sort(rng.integers(0, free + 1, n_changes)))
    ]


def cell(noise: str, n_seeds: int, n_changes: int, count: int, drop: float = 1.0) -> Cell:
    """Return the shares of a cell; its histories depend on no other cell."""
    rng = np.random.default_rng([20261128, list(NOISES).index(noise), n_seeds, n_changes])
    rows, widths = [], []
    for _ in range(count):
        true = placed(rng, n_changes)
        named = found(history(rng, noise, n_seeds, true, drop), n_seeds)
        widths += [each.last - each.first + 1 for each in named]
        away = [min((distance(position, each) for each in named), default=RESULTS) for position in true]
        error = [min((abs(position - each.likely) for each in named), default=RESULTS) for position in true]
        extra = any(all(distance(position, each) > NEAR for position in true) for each in named)
        rows.append(
            (bool(named), max(away, default=0) <= NEAR, max(away, default=0) == 0, max(error, default=0) <= NEAR, extra)
        )
    found_share, right, inside, near, extra_share = (float(share) for share in np.mean(rows, axis=0))
    width = float(np.median(widths)) if widths else float("nan")
    return Cell(found_share, right, inside, near, extra_share, width)


def repeated_alarms(noise: str, n_seeds: int, count: int, alpha: float) -> float:
    """Return the share of histories without a change for which one is named at least once, asked after each result."""
    rng = np.random.default_rng([20261128, 99, n_seeds])
    alarms = 0
    for _ in range(count):
        results = history(rng, noise, n_seeds, [], 0.0)
        alarms += any(found(results[:size], n_seeds, alpha) for size in range(8, RESULTS + 1))
    return alarms / count


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="50 histories a cell instead of 200")
    parser.add_argument("--count", type=int, default=200, help="histories a cell; five times as many without a change")
    arguments = parser.parse_args()
    count = 50 if arguments.quick else arguments.count
    header = "| scores | seeds | changes | named | right within 2 | in the range | commit within 2 | extra | range |\n"
    sys.stdout.write(f"{header}|---|--:|--:|{'--:|' * 6}\n")
    for noise in NOISES:
        for n_changes in (0, 1, 2):
            for n_seeds in SEEDS if n_changes else (1, 3):
                shown = cell(noise, n_seeds, n_changes, count if n_changes else 5 * count)
                shares = [f"{share:.3f}" for share in shown[:-1]]
                cells = [*shares, f"{shown.width:.0f}"] if n_changes else [shares[0], "", "", "", shares[-1], ""]
                sys.stdout.write(f"| {' | '.join([noise, str(n_seeds), str(n_changes), *cells])} |\n")
                sys.stdout.flush()
    for alpha in (FALSE_ALARM_RATE, 0.01, 0.003):
        share = repeated_alarms("normal", 3, count // 2, alpha)
        asked = "asked after each result from the 8th on, without a change"
        sys.stdout.write(f"\nalpha {alpha}: {asked}, one is named in {share:.2f} of histories\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
