"""Compare the wall time of the plugin's command with that of a plain script for the same work.

    python -m benchmarks.speed --data FOLDER --tasks rte,stsb,mrpc,cola,wnli --rounds 3 --together
    python -m benchmarks.speed --data FOLDER --tasks wnli,rte --busy 1

Each command runs in a fresh process with an empty cache, and its time includes the imports. The script (`notebook.py`)
and the plugin run each task in a separate process. With `--together`, the plugin also runs all tasks in one command,
which is compared with the sum of the scripts. Both train on the first examples of the training split and evaluate the
whole validation split. The benchmark prints a line for each pair, and then a table in Markdown. The machine must be
idle. With `--busy`, so many other processes compute all the time. To see what threads that spin for long would take,
set GOMP_SPINCOUNT=300000, which is the default of GNU's OpenMP.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections import ChainMap
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median
from tempfile import TemporaryDirectory

from benchmarks.checkpoints import whole
from pytest_glue.core.tasks import find_task

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Timed:
    """One command: how long it took, and the headline score of each of its tasks."""

    seconds: float
    scores: dict[str, float | None]

    @classmethod
    def sum(cls, runs: Iterable["Timed"]) -> "Timed":
        """Return the sum of several commands."""
        each = list(runs)
        return cls(sum(run.seconds for run in each), dict(ChainMap(*(run.scores for run in each))))


TOGETHER = "together"
"""Name of the comparison of one command for all tasks with the scripts of the same round."""


def script(options: argparse.Namespace, task: str, seed: int) -> Timed:
    """Run the plain script on a task."""
    with TemporaryDirectory() as folder:
        out = Path(folder, "out.json")
        asked = ["--task", task, "--checkpoint", options.checkpoint, "--data", options.data, "--json", out]
        recipe = ["--epochs", options.epochs, "--seed", seed, "--max-train-samples", options.train]
        seconds = timed([HERE / "notebook.py", *asked, *recipe], Path(folder))
        metrics = json.loads(out.read_text("utf-8"))["metrics"]
    return Timed(seconds, {task: metrics[find_task(task).headline_metric]})


def plugin(options: argparse.Namespace, tasks: Sequence[str], seed: int, extra: Sequence[str]) -> Timed:
    """Run the plugin's command once for all tasks."""
    with TemporaryDirectory() as folder:
        out = Path(folder, "out.json")
        Path(folder, "test_suite.py").write_text(
            "def test_glue(glue_evaluation):\n    assert glue_evaluation.verdict\n", "utf-8"
        )
        asked = [f"--glue-tasks={','.join(tasks)}", f"--glue-checkpoints={options.checkpoint}", f"--glue-seeds={seed},"]
        asked += [f"--glue-data={options.data}", f"--glue-max-train-samples={options.train}", f"--glue-json={out}"]
        asked += [f"--glue-recipe=num_train_epochs={options.epochs}", *options.extra, *extra]
        seconds = timed(["-m", "pytest", "-q", *asked], Path(folder))
        results = json.loads(out.read_text("utf-8"))["results"]
    return Timed(seconds, {result["task"]: result["score"] for result in results})


@contextmanager
def busy(count: int) -> Iterator[None]:
    """Let so many processes compute while the block runs."""
    processes = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


def timed(arguments: Sequence[object], folder: Path) -> float:
    """Return the wall time of a Python command in a folder, offline and with an empty cache."""
    environment = os.environ | {"HF_HOME": str(folder / "huggingface"), "HF_HUB_OFFLINE": "1"}
    environment["PYTEST_GLUE_CACHE"] = str(folder / "runs")
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # it would slow down imports
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, *map(str, arguments)], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    seconds = time.perf_counter() - start
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
    return seconds


def rounds(options: argparse.Namespace, tasks: Sequence[str]) -> dict[str, list[tuple[Timed, Timed]]]:
    """Return pairs of times of script and plugin by task. Each round has its own seed.

    Script and plugin alternate in going first. With `--stop-within`, the script goes first: its score is needed.
    """
    pairs: dict[str, list[tuple[Timed, Timed]]] = {task: [] for task in tasks}
    if options.together:
        pairs[TOGETHER] = []
    for number in range(options.rounds):
        seed = options.seed + number
        for index, task in enumerate(tasks):
            if (number + index) % 2 == 0 or options.stop_within is not None:
                theirs = script(options, task, seed)
                pair = theirs, plugin(options, [task], seed, thresholds(options, theirs))
            else:
                ours = plugin(options, [task], seed, ())
                pair = script(options, task, seed), ours
            tell(pairs, task, seed, pair)
        if options.together:
            theirs = Timed.sum(pairs[task][-1][0] for task in tasks)
            tell(pairs, TOGETHER, seed, (theirs, plugin(options, tasks, seed, thresholds(options, theirs))))
    return pairs


def thresholds(options: argparse.Namespace, theirs: Timed) -> list[str]:
    """Return arguments that let the plugin stop early, at thresholds below the script's scores."""
    if options.stop_within is None:
        return []
    bounds = [f"{task}={(score or 0.0) - options.stop_within}" for task, score in theirs.scores.items()]
    return ["--glue-stop-when-decided", *(f"--glue-threshold={bound}" for bound in bounds)]


def tell(pairs: dict[str, list[tuple[Timed, Timed]]], what: str, seed: int, pair: tuple[Timed, Timed]) -> None:
    """Record a pair and print it."""
    pairs[what].append(pair)
    theirs, ours = pair
    print(f"{what}, seed {seed}: script {theirs.seconds:.1f} s {theirs.scores}, ", end="")
    print(f"plugin {ours.seconds:.1f} s {ours.scores}, ratio {ours.seconds / theirs.seconds:.3f}", flush=True)


def row(what: str, pairs: Sequence[tuple[Timed, Timed]]) -> str:
    """Return a line of the table."""
    ratios = [ours.seconds / theirs.seconds for theirs, ours in pairs]
    spread = f"{min(ratios):.3f} to {max(ratios):.3f}"
    sides = list(zip(*pairs, strict=True))
    seconds = " | ".join(f"{median(run.seconds for run in side):.1f}" for side in sides)
    scores = " | ".join("" if what == TOGETHER else _scores(side, what) for side in sides)
    return f"| {what} | {seconds} | {median(ratios):.3f} | {spread} | {scores} |"


def _scores(runs: Sequence[Timed], task: str) -> str:
    defined = [score for score in (run.scores[task] for run in runs) if score is not None]
    return f"{mean(defined):.3f} ({min(defined):.3f} to {max(defined):.3f})" if defined else "undefined"


def main() -> None:
    """Read the command line, run the rounds and print the table."""
    parser = argparse.ArgumentParser(description="Compare the plugin with a plain script.")
    parser.add_argument("--data", type=Path, required=True, help="a folder in the hub's parquet layout")
    parser.add_argument("--tasks", default="rte,stsb,mrpc,cola", help="comma-separated")
    parser.add_argument("--checkpoint", type=Path, help="a folder (default: the checkpoint in an installed package)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--train", type=int, default=1000, help="the first N training examples")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--seed", type=int, default=42, help="of the first round")
    parser.add_argument("--busy", type=int, default=0, help="the number of other processes that compute")
    parser.add_argument("--together", action="store_true", help="also run all tasks in one command of the plugin")
    stop = "let the plugin stop early at a threshold this much below the script's score"
    parser.add_argument("--stop-within", type=float, help=stop)
    parser.add_argument("extra", nargs="*", help="further arguments of the plugin's command, after --")
    options = parser.parse_args()
    options.data, options.checkpoint = options.data.resolve(), (options.checkpoint or whole()).resolve()
    with busy(options.busy):
        pairs = rounds(options, options.tasks.split(","))
    print("\n| task | script, s | plugin, s | ratio | from, to | script's score | plugin's score |")
    print("|---|--:|--:|--:|---|---|---|")
    print("\n".join(row(what, pairs[what]) for what in pairs))


if __name__ == "__main__":
    main()
