"""Verdicts on real fine-tunings: how often an unchanged checkpoint fails, and what runs of the same seed share.

`python -m benchmarks.real_seeds --data FOLDER --cache FOLDER` fine-tunes real checkpoints, one and its cut to two
layers, with the same seeds on real tasks. Runs are stored in the cache folder, so the command can be interrupted and
resumed. It then prints for each task

- the verdicts on random disjoint groups of seeds of one checkpoint (nothing changed), and on one checkpoint against the
  other;
- the correlation by seed between the checkpoints' scores, and between their deviations on each example. Pairing runs of
  the same seed would pay above a correlation of 0.47, 0.24 and 0.11 at 3, 5 and 10 seeds.
"""

import argparse
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from benchmarks.checkpoints import cut, whole
from benchmarks.runs import Work, predictions_of
from pytest_glue.core.tasks import find_task
from pytest_glue.core.verdict import Verdict
from pytest_glue.statistics.comparison import compare
from pytest_glue.statistics.scored_runs import ScoredRuns

Array = NDArray[np.float64]
GROUPS = (3, 5)
LEVEL = 0.95


class Runs(NamedTuple):
    """The runs of one checkpoint on one task, in the order of their seeds."""

    predictions: Array
    """Shape (k, n)."""
    references: Array
    metric: str

    @property
    def scored(self) -> ScoredRuns:
        return ScoredRuns.of(self.metric, self.predictions, self.references)


def verdict_shares(runs: Runs, group: int, draws: int) -> dict[Verdict, float]:
    """Return how often each verdict is given to random disjoint groups of runs of one checkpoint."""
    rng = np.random.default_rng(0)
    verdicts = []
    for _ in range(draws):
        chosen = rng.permutation(len(runs.predictions))[: 2 * group]
        first, second = runs.predictions[chosen[:group]], runs.predictions[chosen[group:]]
        verdicts.append(compare(first, second, runs.references, runs.metric).verdict)
    return {verdict: verdicts.count(verdict) / draws for verdict in Verdict}


def correlation(first: Array, second: Array) -> tuple[float, float, float]:
    """Return the correlation of two samples of n pairs with its confidence interval (Fisher's z)."""
    r = float(np.corrcoef(first, second)[0, 1])
    reach = float(ndtri((1 + LEVEL) / 2)) / np.sqrt(first.size - 3)
    z = np.arctanh(r)
    return r, float(np.tanh(z - reach)), float(np.tanh(z + reach))


def shared_residuals(first: ScoredRuns, second: ScoredRuns, permutations: int) -> tuple[float, float]:
    """Return the correlation of the two checkpoints' deviations on each example, and the p value of its being above 0.

    A deviation is the influence of an example in one run, less its mean over seeds. Under the null hypothesis, the
    seeds of one checkpoint can be permuted.
    """
    one, other = (runs.influences - runs.influences.mean(axis=0) for runs in (first, second))
    rng, products = np.random.default_rng(0), one.reshape(len(one), -1) @ other.reshape(len(other), -1).T
    scale = float(np.sqrt(np.sum(one**2) * np.sum(other**2)))
    by_seed = np.trace(products) / scale
    shuffled = [np.sum(products[np.arange(len(one)), rng.permutation(len(one))]) / scale for _ in range(permutations)]
    return float(by_seed), (1 + sum(value >= by_seed for value in shuffled)) / (1 + permutations)


def print_checkpoint(name: str, runs: Runs, draws: int) -> None:
    """Print the scores of one checkpoint, and the verdicts on groups of its seeds."""
    scores = runs.scored.scores
    print(f"  {name}: mean {scores.mean():.3f}, sd {scores.std(ddof=1):.4f}, {scores.min():.3f} to {scores.max():.3f}")
    for group in (group for group in GROUPS if 2 * group <= scores.size):
        share = verdict_shares(runs, group, draws)
        rejections = f"fail {share[Verdict.FAIL]:.3f}, pass {share[Verdict.PASS]:.3f}"
        print(f"    {group} v {group}, {draws} draws: {rejections}")


def print_pair(title: str, first: Runs, second: Runs, draws: int) -> None:
    """Print the verdict on one checkpoint against another, and what runs of the same seed share."""
    change = compare(first.predictions[:3], second.predictions[:3], first.references, first.metric)
    print(f"  {title}: 3 v 3, difference {change.difference:+.3f}, p {change.p_fail:.4f}: {change.verdict}")
    r, low, high = correlation(first.scored.scores, second.scored.scores)
    print(f"    correlation by seed, scores: {r:+.2f} ({LEVEL:.0%} CI {low:+.2f} to {high:+.2f})")
    r, p = shared_residuals(first.scored, second.scored, draws)
    print(f"    correlation by seed, deviations on each example: {r:+.3f} (one-sided p {p:.3f}, {draws} permutations)")


def checkpoint_of(name: str, cache: Path) -> Path:
    """Return the folder of `whole`, or of its cut to layers such as `0,3`, which is written to the cache folder."""
    if name == "whole":
        return whole()
    return cut(cache / f"layers-{name}", tuple(map(int, name.split(","))))


def main() -> None:
    """Run the fine-tunings that are not stored, then print what they show."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="a folder in the hub's layout")
    parser.add_argument("--cache", type=Path, required=True, help="a folder for checkpoints and runs")
    parser.add_argument("--tasks", nargs="+", default=["stsb", "mrpc"])
    parser.add_argument("--checkpoints", nargs="+", default=["0,3", "whole"], help="whole, or layers such as 0,3")
    parser.add_argument("--seeds", type=int, default=20, help="of each checkpoint")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--learning-rate", type=float, default=1e-4)
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--max-train-samples", type=int, default=640)
    parser.add_argument("--max-eval-samples", type=int, default=500)
    parser.add_argument("--max-length", type=int, help="to which examples are truncated, in tokens")
    parser.add_argument("--draws", type=int, default=1000)
    options = parser.parse_args()
    recipe = {
        "num_train_epochs": options.epochs,
        "learning_rate": options.learning_rate,
        "per_device_train_batch_size": options.batch_size,
    }
    size = (options.max_train_samples, options.max_eval_samples, options.max_length)
    for task in map(find_task, options.tasks):
        runs = {}
        for name in options.checkpoints:
            checkpoint = checkpoint_of(name, options.cache)
            folder = options.cache / "-".join(map(str, (task.name, *size, *recipe.values(), checkpoint.name)))
            work = Work(task, str(checkpoint), str(options.data), recipe, *size)
            predictions, references = predictions_of(work, range(options.seeds), folder)
            runs[name] = Runs(np.array(predictions), np.array(references), task.headline_metric)
        print(f"\n{task.name}, {task.headline_metric}, n={len(references)}, {options.seeds} seeds of each checkpoint")
        for name, each in runs.items():
            print_checkpoint(name, each, options.draws)
        for (first, one), (second, other) in combinations(runs.items(), 2):
            print_pair(f"{first} against {second}", one, other, options.draws)


if __name__ == "__main__":
    main()
