"""Does a hyperparameter search improve scores? Final scores with a search and with the default recipe.

`python -m benchmarks.search --task stsb --data FOLDER --max-train-samples 1000 --folder REPORTS` runs pairs of
commands, each pair with another seed (of search, head and data order). Their reports stay in the folder, so the
benchmark can be interrupted and resumed. It prints the mean of the paired differences with its 95 % interval
(Student's t).
"""

import json
import subprocess
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from scipy.stats import t

from benchmarks.checkpoints import cut

FIRST_SEED = 100


def main(arguments: list[str]) -> None:
    """Run the commands whose reports are missing, and print the results."""
    asked = _parser().parse_args(arguments)
    folder = Path(asked.folder)
    folder.mkdir(parents=True, exist_ok=True)
    checkpoint = asked.checkpoint or str(cut(folder / "cut"))
    differences = []
    print("seed  recipe  search  difference  trials of the search          best hyperparameters")
    for seed in range(FIRST_SEED, FIRST_SEED + asked.repetitions):
        with_recipe = _result(asked, checkpoint, seed, folder / f"{seed}-recipe.json")
        search = ("--glue-search=optuna", f"--glue-trials={asked.trials}", f"--glue-search-fraction={asked.fraction}")
        with_search = _result(asked, checkpoint, seed, folder / f"{seed}-search.json", *search)
        differences.append(with_search["score"] - with_recipe["score"])
        counts = ", ".join(f"{count} {state}" for state, count in with_search["search"]["counts"].items())
        best = with_search["search"]["best"]["hyperparameters"]
        scores = f"{with_recipe['score']:.3f}   {with_search['score']:.3f}   {differences[-1]:+.3f}"
        print(f"{seed}   {scores}   {counts}   {best}")
    half = t.ppf(0.975, len(differences) - 1) * stdev(differences) / len(differences) ** 0.5
    center = mean(differences)
    print(f"mean difference {center:+.3f}, 95 % interval {center - half:+.3f} to {center + half:+.3f}")


def _result(asked: Namespace, checkpoint: str, seed: int, report: Path, *search: str) -> Any:
    if not report.is_file():
        command = [
            *(sys.executable, "-m", "pytest", "suites", f"--glue-tasks={asked.task}", f"--glue-data={asked.data}"),
            *(f"--glue-checkpoints={checkpoint}", f"--glue-seeds={seed},", f"--glue-json={report}", *search),
            *(f"--glue-search-storage={report.parent / 'studies'}", "--glue-cache=off"),
            *(f"--glue-{name.replace('_', '-')}={value}" for name, value in _limits(asked).items()),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if not report.is_file() or not json.loads(report.read_text("utf-8"))["results"]:
            report.unlink(missing_ok=True)
            raise SystemExit(done.stdout + done.stderr)
    (result,) = json.loads(report.read_text("utf-8"))["results"]
    return result


def _limits(asked: Namespace) -> dict[str, int]:
    names = ("max_train_samples", "max_eval_samples")
    return {name: getattr(asked, name) for name in names if getattr(asked, name)}


def _parser() -> ArgumentParser:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--task", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--checkpoint", help="a folder; by default two layers of the real one")
    parser.add_argument("--folder", required=True, help="for the reports")
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--trials", type=int, default=10)
    parser.add_argument("--fraction", type=float, default=0.1)
    parser.add_argument("--max-train-samples", type=int)
    parser.add_argument("--max-eval-samples", type=int)
    return parser


if __name__ == "__main__":
    main(sys.argv[1:])
