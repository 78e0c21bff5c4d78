"""Verdicts on real fine-tunings: how often an unchanged checkpoint fails, and whether a worse one does.

`python -m benchmarks.real_seeds --data FOLDER --cache FOLDER` fine-tunes a two-layer cut of the real checkpoint with
many seeds on a real task, and the whole checkpoint with a few. Runs are stored in the cache folder, so the command can
be interrupted and resumed. It then compares random disjoint groups of seeds of the cut (nothing changed), and the cut
with the whole checkpoint (a large change).
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.checkpoints import cut, whole
from benchmarks.runs import Work, predictions_of
from pytest_glue.core.tasks import find_task
from pytest_glue.core.verdict import Verdict


def verdict_shares(predictions: list[Any], gold: list[float], metric: str, group: int, draws: int) -> dict[str, float]:
    """Return how often each verdict is given to random disjoint groups of runs of one checkpoint."""
    from pytest_glue.statistics.comparison import compare

    rng = np.random.default_rng(0)
    verdicts = []
    for _ in range(draws):
        chosen = rng.permutation(len(predictions))[: 2 * group]
        first, second = ([predictions[i] for i in part] for part in (chosen[:group], chosen[group:]))
        verdicts.append(compare(first, second, gold, metric).verdict)
    return {str(verdict): verdicts.count(verdict) / draws for verdict in Verdict}


def main() -> None:
    """Run the fine-tunings that are not cached, then print the table."""
    from pytest_glue.statistics.comparison import compare

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="a folder in the hub's layout")
    parser.add_argument("--cache", type=Path, required=True, help="a folder for checkpoints and runs")
    parser.add_argument("--task", default="stsb")
    parser.add_argument("--seeds", type=int, default=40, help="of the cut checkpoint")
    parser.add_argument("--whole-seeds", type=int, default=6, help="of the whole checkpoint")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--learning-rate", type=float, default=1e-4)
    parser.add_argument("--max-train-samples", type=int, default=640)
    parser.add_argument("--max-eval-samples", type=int, default=500)
    parser.add_argument("--draws", type=int, default=2000)
    options = parser.parse_args()
    task = find_task(options.task)
    metric = task.headline_metric
    recipe = {"num_train_epochs": options.epochs, "learning_rate": options.learning_rate}
    size = (options.max_train_samples, options.max_eval_samples)

    def runs_of(checkpoint: Path, n_seeds: int) -> tuple[list[list[float]], list[float]]:
        name = "-".join(map(str, (task.name, *size, options.epochs, checkpoint.name)))
        work = Work(task, str(checkpoint), str(options.data), recipe, *size)
        return predictions_of(work, range(n_seeds), options.cache / name)

    of_cut, gold = runs_of(cut(options.cache / "cut"), options.seeds)
    print(f"{options.task}, {metric}, n={len(gold)}, {options.seeds} seeds of the cut checkpoint, nothing changed:")
    for group in (3, 5):
        shares = verdict_shares(of_cut, gold, metric, group, options.draws)
        print(f"  {group} against {group}, {options.draws} draws: fail {shares['fail']:.3f}, pass {shares['pass']:.3f}")
    of_whole, gold = runs_of(whole(), options.whole_seeds)
    half = options.whole_seeds // 2
    for name, candidate in (("the cut", of_cut[:half]), ("the whole, other seeds", of_whole[half:])):
        found = compare(candidate, of_whole[:half], gold, metric)
        print(
            f"  {name} against the whole: {found.candidate_score:.3f} against {found.baseline_score:.3f}, "
            f"p {found.p_fail:.4f}: {found.verdict}"
        )


if __name__ == "__main__":
    main()
