"""Simulated makespan of a large test run with `--glue-executor=ray` on a cluster, over its lower bound.

    python -m benchmarks.cluster --gpus 100 --checkpoints 50 --seeds 5 --seconds 45 --of rte

Each checkpoint is fine-tuned on each of the ten tasks, each seed in a task of Ray; mnli and mnli-mm share a training.
The cost model gives the relative durations of runs. The unit is a measured run: `--seconds` for the task `--of` with a
checkpoint of BERT base's size. True durations differ from expected ones by a random factor, unknown to the scheduler.
A free machine takes the next submitted task, as in Ray. The lower bound is the longest task, or the sum over the GPUs.
"""

import argparse
import heapq
import math
import random
from collections.abc import Sequence
from statistics import mean

from pytest_glue.config.evaluation_spec import EvaluationSpec
from pytest_glue.config.options import Options
from pytest_glue.core.checkpoints import Checkpoint
from pytest_glue.core.tasks import GLUE, find_task
from pytest_glue.scheduling.cost_model import estimate

SIZES = ("distil", "base", "base", "large")
"""Words of the checkpoints' names, in turn, which tell their sizes."""


def costs(checkpoints: int, seeds: int, seconds: float, of: str) -> list[float]:
    """Return the expected seconds of each fine-tuning, in the order of the items."""
    options = Options(seeds=(42,))
    named = [Checkpoint.parse(f"team/{SIZES[number % len(SIZES)]}-{number}") for number in range(checkpoints)]
    unit = seconds / estimate(EvaluationSpec(options, find_task(of), Checkpoint.parse("bert-base-uncased")))
    tasks = [task for task in GLUE.values() if task.name != "mnli-mm"]
    return [
        unit * estimate(EvaluationSpec(options, task, each)) for task in tasks for each in named for _ in range(seeds)
    ]


def makespan(durations: Sequence[float], gpus: int, lost_after: float | None = None) -> float:
    """Return when the last task ends, if tasks start in this order, each on the GPU that is free first.

    Args:
        durations: in seconds.
        gpus: how many tasks run at a time.
        lost_after: when a tenth of the GPUs is lost, in seconds; their tasks start again, after all others.
    """
    free = [(0.0, gpu) for gpu in range(gpus)]
    waiting, ends = list(durations)[::-1], [0.0]
    lost = range(gpus // 10) if lost_after is not None else range(0)
    while waiting:
        start, gpu = heapq.heappop(free)
        duration = waiting.pop()
        if gpu in lost and lost_after is not None and start + duration > lost_after:
            waiting.insert(0, duration)
            continue
        ends.append(start + duration)
        heapq.heappush(free, (start + duration, gpu))
    return max(ends)


def main() -> None:
    """Print makespan over lower bound for two orders, with and without the loss of GPUs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gpus", type=int, default=100)
    parser.add_argument("--checkpoints", type=int, default=50)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=45.0, help="measured duration of one run")
    parser.add_argument("--of", default="rte", help="the task of that run")
    parser.add_argument(
        "--error", type=float, default=0.3, help="standard deviation of the logarithm of true over expected durations"
    )
    parser.add_argument("--rounds", type=int, default=20)
    options = parser.parse_args()
    expected = costs(options.checkpoints, options.seeds, options.seconds, options.of)
    print(f"{len(expected)} fine-tunings, {sum(expected) / 3600:.0f} GPU hours, longest {max(expected) / 3600:.1f} h")
    print("order           makespan (h)   over the bound   if a tenth of the GPUs is lost half-way")
    for name, order in (
        ("longest first", sorted(range(len(expected)), key=lambda index: -expected[index])),
        ("as collected", range(len(expected))),
    ):
        seen = []
        for number in range(options.rounds):
            rng = random.Random(number)  # noqa: S311 - no secret
            true = [cost * math.exp(rng.gauss(0, options.error)) for cost in expected]
            durations = [true[index] for index in order]
            bound = max(*true, sum(true) / options.gpus)
            after = makespan(durations, options.gpus)
            seen.append((after / 3600, after / bound, makespan(durations, options.gpus, bound / 2) / bound))
        hours, ratio, lossy = (mean(column) for column in zip(*seen, strict=True))
        worst = max(row[1] for row in seen)
        print(f"{name:<15} {hours:12.1f}   {ratio:6.3f} (max {worst:.3f})   {lossy:.3f}")


if __name__ == "__main__":
    main()
