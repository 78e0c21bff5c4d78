"""Many fine-tunings of one checkpoint on one task, cached in a folder, for the benchmarks of verdicts."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from pytest_glue.core.checkpoints import Checkpoint
from pytest_glue.core.recipe import Recipe
from pytest_glue.core.tasks import Task


@dataclass(frozen=True)
class Work:
    """A checkpoint, the data it is fine-tuned on, and the recipe."""

    task: Task
    checkpoint: str
    data: str
    recipe: Recipe
    max_train_samples: int | None
    max_eval_samples: int | None
    max_length: int | None = None
    """To which examples are truncated, in tokens."""


def predictions_of(work: Work, seeds: Sequence[int], cache: Path) -> tuple[list[list[float]], list[float]]:
    """Return the predictions of each seed, from the cache or a fine-tuning, and the references."""
    from pytest_glue.data.source import limited, open_source
    from pytest_glue.training.arguments import training_arguments
    from pytest_glue.training.fine_tune import EncodedData, fine_tune, make_trainer, references
    from pytest_glue.training.library_state import silence_libraries
    from pytest_glue.training.metrics import LabelMapping, compute_metrics
    from pytest_glue.training.model import model_init
    from pytest_glue.training.model_config import label_ids
    from pytest_glue.training.pretrained import resolve
    from pytest_glue.training.tokenization import encode
    from pytest_glue.training.tokenizer import load_tokenizer, max_length

    task, pretrained = work.task, resolve(Checkpoint.parse(work.checkpoint))
    tokenizer, ids = load_tokenizer(pretrained), label_ids(pretrained, task)
    with silence_libraries(), TemporaryDirectory() as temporary:
        data = limited(open_source(work.data).load(task), task, work.max_train_samples, work.max_eval_samples)
        encoded = encode(data, task, tokenizer, max_length(tokenizer, pretrained, task, work.max_length), ids)
        arguments = training_arguments(task, work.recipe, seeds[0], Path(temporary))
        init, compute = model_init(pretrained, task, tokenizer), compute_metrics(task, ids)
        trainer = make_trainer(task, init, arguments, EncodedData(encoded, tokenizer), compute)
        cache.mkdir(parents=True, exist_ok=True)
        for seed in seeds:
            file = cache / f"{seed}.json"
            if not file.is_file():
                run = fine_tune(trainer, LabelMapping(task, ids), seed)
                file.write_text(json.dumps(asdict(run)))
                print(f"{cache.name}, seed {seed}: {run.metrics} in {run.duration_s:.1f} s", flush=True)
        gold = list(references(trainer, LabelMapping(task, ids)))
    return [json.loads((cache / f"{seed}.json").read_text())["predictions"] for seed in seeds], gold
