"""Time a whole evaluation of a fine-tuned checkpoint on RTE, against a script around `transformers.pipeline`.

    python -m benchmarks.evaluate_only --data FOLDER --rounds 5

It fine-tunes the real checkpoint of `benchmarks.checkpoints` on a part of RTE once, and saves it. Then it starts both
commands in turn, each in a new process with an empty cache: `pytest --glue-evaluate-only`, and a script that loads the
data, predicts each example with `pipeline("text-classification")` and its defaults, and computes the accuracy. Both
must find the same accuracy. A third command repeats the first one with its cache. Processor seconds are printed too:
unlike those of the clock, they hardly depend on what else the machine does.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.checkpoints import whole

SUITE = "def test_glue(glue_evaluation):\n    glue_evaluation.check()\n"
SAVES = """
def test_glue(glue_evaluation, glue_trainer):
    assert glue_evaluation.runs
    glue_trainer.save_model({folder!r})
"""
PIPELINE = """
import json, sys
from datasets import load_dataset
from transformers import pipeline

checkpoint, data, batch_size = sys.argv[1:]
rows = load_dataset("parquet", data_files={"validation": f"{data}/rte/validation-*.parquet"})["validation"]
classify = pipeline("text-classification", model=checkpoint)
pairs = [{"text": row["sentence1"], "text_pair": row["sentence2"]} for row in rows]
found = classify(pairs, batch_size=int(batch_size), truncation=True)
names = ["entailment", "not_entailment"]
right = sum(each["label"] == names[row["label"]] for each, row in zip(found, rows))
print(json.dumps({"accuracy": right / len(rows)}))
"""


def timed(command: list[str], folder: Path, caches: Path) -> tuple[tuple[float, float], str]:
    """Run a command with the caches in a folder; return its seconds, by clock and processor, and its output."""
    environment = {**os.environ, "HF_HOME": str(caches), "HF_HUB_OFFLINE": "1", "PYTEST_GLUE_CACHE": str(caches)}
    environment["PYTHONPATH"] = str(Path(__file__).parents[1])
    start, used = time.perf_counter(), processor_seconds()
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - start, processor_seconds() - used
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    return seconds, done.stdout


def processor_seconds() -> float:
    """Return those of all processes that were started and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def fine_tune(data: Path, folder: Path, examples: int) -> Path:
    """Fine-tune the real checkpoint for an epoch, and return the folder of the result."""
    tuned = folder / "tuned"
    (folder / "test_suite.py").write_text(SAVES.format(folder=str(tuned)), "utf-8")
    recipe = ["--glue-recipe=num_train_epochs=1", "--glue-recipe=learning_rate=1e-4"]
    asked = [f"--glue-data={data}", "--glue-tasks=rte", f"--glue-checkpoints={whole()}", "--glue-threshold=rte=0"]
    limits = [f"--glue-max-train-samples={examples}", "--glue-unchecked=pass"]
    timed([sys.executable, "-m", "pytest", "-q", "test_suite.py", *asked, *recipe, *limits], folder, folder / "caches")
    (folder / "test_suite.py").write_text(SUITE, "utf-8")
    return tuned


def main() -> None:
    """Print the median time of both commands, and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="a folder in the hub's layout, with rte")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--train", type=int, default=320, help="examples to fine-tune on")
    parser.add_argument("--batch-size", type=int, default=1, help="of the pipeline, whose default is 1")
    arguments = parser.parse_args()
    data = arguments.data.resolve()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        tuned = fine_tune(data, folder, arguments.train)
        (folder / "script.py").write_text(PIPELINE, "utf-8")
        ours = [sys.executable, "-m", "pytest", "-q", "test_suite.py", "--glue-evaluate-only", "--glue-json=out.json"]
        ours += [f"--glue-data={data}", "--glue-tasks=rte", f"--glue-checkpoints={tuned}", "--glue-threshold=rte=0"]
        theirs = [sys.executable, "script.py", str(tuned), str(data), str(arguments.batch_size)]
        seconds: dict[str, list[tuple[float, float]]] = {"pytest": [], "pipeline": [], "again": []}
        for number in range(arguments.rounds):
            caches = [folder / f"{name}-{number}" for name in ("pytest", "pipeline")]
            seconds["pytest"].append(timed(ours, folder, caches[0])[0])
            spent, output = timed(theirs, folder, caches[1])
            seconds["pipeline"].append(spent)
            seconds["again"].append(timed(ours, folder, caches[0])[0])
        (result,) = json.loads((folder / "out.json").read_text("utf-8"))["results"]
    scores = (result["metrics"]["accuracy"], json.loads(output.splitlines()[-1])["accuracy"])
    if abs(scores[0] - scores[1]) > 1e-6:
        raise SystemExit(f"the accuracies differ: {scores[0]} with pytest, {scores[1]} with the pipeline")
    print(f"{'':<9} {'clock':>8} {'processor':>10}")
    medians = {name: tuple(map(statistics.median, zip(*each, strict=True))) for name, each in seconds.items()}
    for name, (clock, processor) in medians.items():
        shares = [own / other for own, other in zip((clock, processor), medians["pipeline"], strict=True)]
        print(f"{name:<9} {clock:>6.2f} s {processor:>8.2f} s   {shares[0]:.2f} and {shares[1]:.2f} of the pipeline's")
    print(f"accuracy {scores[0]:.4f} with both")


if __name__ == "__main__":
    main()
