"""The plugin's command beside a plain script: the same work, alternating, as ratios of wall time with their spread.

    python -m benchmarks.speed --data FOLDER --tasks rte,stsb,mrpc,cola --rounds 3

Both are whole commands in a fresh process, imports and all, with an empty cache of their own. The script
(`notebook.py`) runs each task in a process of its own, as people run it; so does the plugin, unless `--together` puts
all tasks into one command. Both train on the first examples of the training split and evaluate the whole validation
split. One line for each pair as it ends, then a table in Markdown. Keep the machine free of other work.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median
from tempfile import TemporaryDirectory

from benchmarks.checkpoints import whole

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Timed:
    """One command: how long it took, and the headline score of each of its tasks."""

    seconds: float
    scores: dict[str, float | None]


def script(options: argparse.Namespace, tasks: Sequence[str], seed: int) -> Timed:
    """Run the plain script, once for each task."""
    seconds, scores = 0.0, {}
    for task in tasks:
        with TemporaryDirectory() as folder:
            out = Path(folder, "out.json")
            asked = ["--task", task, "--checkpoint", options.checkpoint, "--data", options.data, "--json", out]
            recipe = ["--epochs", options.epochs, "--seed", seed, "--max-train-samples", options.train]
            seconds += timed([HERE / "notebook.py", *asked, *recipe], Path(folder))
            metrics = json.loads(out.read_text("utf-8"))["metrics"]
        scores[task] = next(
            metrics[name] for name in ("matthews_correlation", "pearson", "accuracy") if name in metrics
        )
    return Timed(seconds, scores)


def plugin(options: argparse.Namespace, tasks: Sequence[str], seed: int) -> Timed:
    """Run the plugin's command, once for all the tasks."""
    with TemporaryDirectory() as folder:
        out = Path(folder, "out.json")
        Path(folder, "test_suite.py").write_text(
            "def test_glue(glue_evaluation):\n    assert glue_evaluation\n", "utf-8"
        )
        asked = [f"--glue-tasks={','.join(tasks)}", f"--glue-checkpoints={options.checkpoint}", f"--glue-seeds={seed},"]
        asked += [f"--glue-data={options.data}", f"--glue-max-train-samples={options.train}", f"--glue-json={out}"]
        asked += [f"--glue-recipe=num_train_epochs={options.epochs}", *options.extra]
        seconds = timed(["-m", "pytest", "-q", *asked], Path(folder))
        results = json.loads(out.read_text("utf-8"))["results"]
    return Timed(seconds, {result["task"]: result["score"] for result in results})


def timed(arguments: Sequence[object], folder: Path) -> float:
    """Return the wall time of a command of Python's in a folder, without a hub and with an empty cache there."""
    environment = os.environ | {"HF_HOME": str(folder / "huggingface"), "HF_HUB_OFFLINE": "1"}
    environment["PYTEST_GLUE_CACHE"] = str(folder / "runs")
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # as on a machine where nobody set it
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, *map(str, arguments)], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    seconds = time.perf_counter() - start
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
    return seconds


def rounds(options: argparse.Namespace, tasks: Sequence[str]) -> tuple[list[Timed], list[Timed]]:
    """Return the runs of the script and the plugin's; who goes first alternates, and each round has its own seed."""
    theirs: list[Timed] = []
    ours: list[Timed] = []
    for number in range(options.rounds):
        seed = options.seed + number
        for is_ours in (False, True) if number % 2 == 0 else (True, False):
            (ours if is_ours else theirs).append((plugin if is_ours else script)(options, tasks, seed))
        ratio = ours[-1].seconds / theirs[-1].seconds
        print(f"{','.join(tasks)}, seed {seed}: script {theirs[-1].seconds:.1f} s {theirs[-1].scores}, ", end="")
        print(f"plugin {ours[-1].seconds:.1f} s {ours[-1].scores}, ratio {ratio:.3f}", flush=True)
    return theirs, ours


def row(tasks: Sequence[str], theirs: Sequence[Timed], ours: Sequence[Timed]) -> str:
    """Return a line of the table."""
    ratios = [a.seconds / b.seconds for a, b in zip(ours, theirs, strict=True)]
    spread = f"{min(ratios):.3f} to {max(ratios):.3f}"
    seconds = f"{median(run.seconds for run in theirs):.1f} | {median(run.seconds for run in ours):.1f}"
    scores = (", ".join(_scores(runs, task) for task in tasks) for runs in (theirs, ours))
    return f"| {', '.join(tasks)} | {seconds} | {median(ratios):.3f} | {spread} | {' | '.join(scores)} |"


def _scores(runs: Sequence[Timed], task: str) -> str:
    defined = [score for score in (run.scores[task] for run in runs) if score is not None]
    return f"{mean(defined):.3f} ({min(defined):.3f} to {max(defined):.3f})" if defined else "undefined"


def main() -> None:
    """Read the command line, run the rounds and print the table."""
    parser = argparse.ArgumentParser(description="The plugin's command beside a plain script, alternating.")
    parser.add_argument("--data", type=Path, required=True, help="a folder in the hub's parquet layout")
    parser.add_argument("--tasks", default="rte,stsb,mrpc,cola", help="comma-separated")
    parser.add_argument("--checkpoint", type=Path, help="a folder; without it, the one that lies in a package")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--train", type=int, default=1000, help="the first N training examples")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--seed", type=int, default=42, help="of the first round")
    parser.add_argument("--together", action="store_true", help="all tasks in one command of the plugin's")
    parser.add_argument("extra", nargs="*", help="further arguments of the plugin's command, behind --")
    options = parser.parse_args()
    options.data, options.checkpoint = options.data.resolve(), (options.checkpoint or whole()).resolve()
    names = options.tasks.split(",")
    groups = [names] if options.together else [[name] for name in names]
    rows = [row(group, *rounds(options, group)) for group in groups]
    print("\n| tasks | script, s | plugin, s | ratio | from, to | script's score | plugin's score |")
    print("|---|--:|--:|--:|---|---|---|")
    print("\n".join(rows))


if __name__ == "__main__":
    main()
