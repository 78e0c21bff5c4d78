"""Verdicts on real fine-tunings: how often an unchanged checkpoint is called worse, and whether a worse one is.

`python benchmarks/real_seeds.py --data FOLDER --cache FOLDER` fine-tunes the two-layer cut of the real checkpoint with
many seeds on a real task, and the whole one with some. Each run is kept in the cache folder, so that the command can be
stopped and goes on. Then it compares random disjoint groups of the seeds of one checkpoint, where nothing changed, and
the cut with the whole, where much did.
"""

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from checkpoints import cut, whole

from pytest_glue.checkpoints import Checkpoint
from pytest_glue.data.limits import limited
from pytest_glue.data.source import open_source
from pytest_glue.evaluation import Verdict
from pytest_glue.tasks import Task, find_task


def runs_of(options: argparse.Namespace, checkpoint: Path, seeds: list[int]) -> tuple[list[Any], list[float]]:
    """Return the predictions of each seed, from the cache or from a fine-tuning, and the references."""
    from pytest_glue.finetune.arguments import training_arguments
    from pytest_glue.finetune.model import label_ids, model_init
    from pytest_glue.finetune.pretrained import resolve
    from pytest_glue.finetune.tokenization import encode, load_tokenizer, max_length
    from pytest_glue.finetune.training import compute_metrics, fine_tune, make_trainer, references

    task: Task = find_task(options.task)
    pretrained = resolve(Checkpoint.parse(str(checkpoint)))
    tokenizer, ids = load_tokenizer(pretrained), label_ids(pretrained, task)
    data = limited(open_source(str(options.data)).load(task), task, options.max_train_samples, options.max_eval_samples)
    encoded = encode(data, task, tokenizer, max_length(tokenizer, pretrained), ids)
    folder = (
        options.cache
        / f"{task.name}-{options.max_train_samples}-{options.max_eval_samples}-{options.epochs}-{checkpoint.name}"
    )
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as temporary:
        recipe = {"num_train_epochs": options.epochs, "learning_rate": options.learning_rate}
        arguments = training_arguments(task, recipe, seeds[0], Path(temporary))
        init, compute = model_init(pretrained, task, tokenizer), compute_metrics(task, ids)
        trainer = make_trainer(task, init, arguments, encoded, tokenizer, compute)
        for seed in seeds:
            file = folder / f"{seed}.json"
            if not file.is_file():
                run = fine_tune(trainer, task, ids, seed)
                file.write_text(json.dumps(asdict(run)))
                print(f"{folder.name}, seed {seed}: {run.metrics} in {run.duration_s:.0f} s", flush=True)
        gold = list(references(trainer, ids))
    return [json.loads((folder / f"{seed}.json").read_text())["predictions"] for seed in seeds], gold


def share_of_fails(predictions: list[Any], gold: list[float], metric: str, group: int, draws: int) -> dict[str, float]:
    """Return how often random disjoint groups of an unchanged checkpoint get each verdict."""
    from pytest_glue.judge.statistics.comparison import compare

    rng = np.random.default_rng(0)
    verdicts = []
    for _ in range(draws):
        chosen = rng.permutation(len(predictions))[: 2 * group]
        first, second = ([predictions[i] for i in part] for part in (chosen[:group], chosen[group:]))
        verdicts.append(compare(first, second, gold, metric).verdict)
    return {str(verdict): verdicts.count(verdict) / draws for verdict in Verdict}


def main() -> None:
    """Fine-tune what is not in the cache, then print the table."""
    from pytest_glue.judge.statistics.comparison import compare

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="a folder in the hub's layout")
    parser.add_argument("--cache", type=Path, required=True, help="a folder to keep checkpoints and runs in")
    parser.add_argument("--task", default="stsb")
    parser.add_argument("--seeds", type=int, default=40, help="of the cut checkpoint")
    parser.add_argument("--whole-seeds", type=int, default=6, help="of the whole checkpoint")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--learning-rate", type=float, default=1e-4)
    parser.add_argument("--max-train-samples", type=int, default=640)
    parser.add_argument("--max-eval-samples", type=int, default=500)
    parser.add_argument("--draws", type=int, default=2000)
    options = parser.parse_args()
    metric = find_task(options.task).headline_metric
    of_cut, gold = runs_of(options, cut(options.cache / "cut"), list(range(options.seeds)))
    print(f"{options.task}, {metric}, n={len(gold)}, {options.seeds} seeds of the cut checkpoint, nothing changed:")
    for group in (3, 5):
        shares = share_of_fails(of_cut, gold, metric, group, options.draws)
        print(f"  {group} against {group}, {options.draws} draws: fail {shares['fail']:.3f}, pass {shares['pass']:.3f}")
    of_whole, gold = runs_of(options, whole(), list(range(options.whole_seeds)))
    half = options.whole_seeds // 2
    for name, candidate in (("the cut", of_cut[:half]), ("the whole, other seeds", of_whole[half:])):
        found = compare(candidate, of_whole[:half], gold, metric)
        print(
            f"  {name} against the whole: {found.candidate_score:.3f} against {found.baseline_score:.3f}, "
            f"p {found.p_fail:.4f}: {found.verdict}"
        )


if __name__ == "__main__":
    main()
