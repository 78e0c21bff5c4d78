"""What a cluster would do with a large test run: the makespan of `--glue-executor=ray` over the bound, simulated.

    python -m benchmarks.cluster --gpus 100 --checkpoints 50 --seeds 5 --seconds 45 --of rte

Ten tasks, each checkpoint on each, each seed a task of Ray; mnli and mnli-mm share theirs. What a run takes relative to
another is the plugin's own estimate of it. The unit is a measured run: `--seconds` for the task `--of` with a model of
BERT base's size. True costs are off by a random factor, of which the plan knows nothing. A machine that is free takes
the next task that was sent for, as Ray does. The lower bound is the longest task, or the sum over the GPUs.
"""

import argparse
import heapq
import math
import random
from collections.abc import Sequence
from statistics import mean

from pytest_glue.config.options import Options
from pytest_glue.core.checkpoints import Checkpoint
from pytest_glue.core.tasks import GLUE, find_task
from pytest_glue.scheduling.cost_model import CostTarget, estimate

SIZES = ("distil", "base", "base", "large")
"""What checkpoints are like, in turn, in the words of their names."""


def costs(checkpoints: int, seeds: int, seconds: float, of: str) -> list[float]:
    """Return what each fine-tuning is expected to take, in seconds, in the order of the items."""
    options = Options(seeds=(42,))
    named = [Checkpoint.parse(f"team/{SIZES[number % len(SIZES)]}-{number}") for number in range(checkpoints)]
    unit = seconds / estimate(CostTarget(find_task(of), Checkpoint.parse("bert-base-uncased"), options))
    tasks = [task for task in GLUE.values() if task.name != "mnli-mm"]
    return [unit * estimate(CostTarget(task, each, options)) for task in tasks for each in named for _ in range(seeds)]


def makespan(durations: Sequence[float], gpus: int, lost_after: float | None = None) -> float:
    """Return when the last of the tasks ends, which begin in this order, each on the GPU that is free first.

    Args:
        durations: in seconds.
        gpus: how many tasks run at a time.
        lost_after: when a tenth of the GPUs goes away, in seconds; what they were at is begun again, at the end.
    """
    free = [(0.0, gpu) for gpu in range(gpus)]
    waiting, ends = list(durations)[::-1], [0.0]
    doomed = range(gpus // 10) if lost_after is not None else range(0)
    while waiting:
        start, gpu = heapq.heappop(free)
        duration = waiting.pop()
        if gpu in doomed and lost_after is not None and start + duration > lost_after:
            waiting.insert(0, duration)
            continue  # this GPU takes nothing any more
        ends.append(start + duration)
        heapq.heappush(free, (start + duration, gpu))
    return max(ends)


def main() -> None:
    """Print makespan over lower bound, for two orders and two fates."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gpus", type=int, default=100)
    parser.add_argument("--checkpoints", type=int, default=50)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=45.0, help="what one run takes, as measured")
    parser.add_argument("--of", default="rte", help="the task that it is a run of")
    parser.add_argument(
        "--error", type=float, default=0.3, help="spread of true over expected costs, as a log-normal's"
    )
    parser.add_argument("--rounds", type=int, default=20)
    options = parser.parse_args()
    expected = costs(options.checkpoints, options.seeds, options.seconds, options.of)
    print(f"{len(expected)} fine-tunings, {sum(expected) / 3600:.0f} GPU hours, longest {max(expected) / 3600:.1f} h")
    print("order           makespan (h)   over the bound   with a tenth of the GPUs lost half-way")
    for name, order in (
        ("dearest first", sorted(range(len(expected)), key=lambda place: -expected[place])),
        ("as collected", range(len(expected))),
    ):
        seen = []
        for number in range(options.rounds):
            noise = random.Random(number)  # noqa: S311 - no secret
            true = [cost * math.exp(noise.gauss(0, options.error)) for cost in expected]
            durations = [true[place] for place in order]
            bound = max(*true, sum(true) / options.gpus)
            after = makespan(durations, options.gpus)
            seen.append((after / 3600, after / bound, makespan(durations, options.gpus, bound / 2) / bound))
        hours, ratio, lossy = (mean(column) for column in zip(*seen, strict=True))
        worst = max(row[1] for row in seen)
        print(f"{name:<15} {hours:12.1f}   {ratio:6.3f} (max {worst:.3f})   {lossy:.3f}")


if __name__ == "__main__":
    main()
