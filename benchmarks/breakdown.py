"""Print how the time of one item divides into parts, and which share of the machine's matrix rate training reaches.

    python -m benchmarks.breakdown --data FOLDER --task rte --train 128 --batching packed
    python -m benchmarks.breakdown --data FOLDER --task rte --train 128 --without embeddings

The benchmark wraps the functions that do the work. Time outside them is the harness's. `--without` switches one
optimization off, to measure what it gains. The matrix rate is measured on products of the encoder's shapes. The share
counts only the products on real tokens (2 operations for each weight and token forward, 4 backward), divided by the
time of the training steps: padding, dropout, normalization and overhead lower it. Every layer counts with all tokens,
although a packed forward pass drops tokens that the head does not need.
"""

# ruff: noqa: E402  (the clock starts before the heavy imports)

import time

START = time.perf_counter()

import argparse
from collections import defaultdict
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from functools import wraps
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from datasets import DatasetDict

from benchmarks.checkpoints import whole
from pytest_glue.core.checkpoints import Checkpoint
from pytest_glue.core.choices import Batching
from pytest_glue.core.tasks import find_task
from pytest_glue.data.source import limited, open_source
from pytest_glue.training.arguments import training_arguments
from pytest_glue.training.fine_tune import EncodedData, fine_tune, make_trainer
from pytest_glue.training.library_state import silence_libraries
from pytest_glue.training.metrics import LabelMapping, compute_metrics
from pytest_glue.training.model import model_init
from pytest_glue.training.model_config import label_ids
from pytest_glue.training.pretrained import resolve
from pytest_glue.training.tokenization import encode
from pytest_glue.training.tokenizer import load_tokenizer, max_length
from pytest_glue.training.trainer import batch_layout, packed_attention
from pytest_glue.training.trainer.embedding_subset import EmbeddingSubset
from pytest_glue.training.trainer.glue_trainer import GlueTrainer

IMPORTS = time.perf_counter() - START


class Clock:
    """Seconds by part, without the time of parts inside it."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self._inner = 0.0

    def wrap(self, owner: Any, name: str, part: str | Callable[[], str]) -> None:
        """Time a function or a method from now on."""
        setattr(owner, name, self.timed(getattr(owner, name), part))

    def timed(self, function: Callable[..., Any], part: str | Callable[[], str]) -> Callable[..., Any]:
        """Return the function with its time added to the part, whose name may depend on the time of the call."""

        @wraps(function)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            booked = part if isinstance(part, str) else part()
            before, self._inner = self._inner, 0.0
            start = time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                total = time.perf_counter() - start
                self.seconds[booked] += total - self._inner
                self._inner = before + total

        return wrapper


def switch_off(optimization: str) -> None:
    """Replace an optimization with what torch does without it."""
    if optimization == "embeddings":
        setattr(EmbeddingSubset, "of", lambda *_: None)  # noqa: B010 - mypy accepts no assignment
    elif optimization == "dropout":
        setattr(packed_attention, "dropout", torch.nn.functional.dropout)  # noqa: B010
        setattr(batch_layout, "fast_dropout", nullcontext)  # noqa: B010


def prepare(options: argparse.Namespace, clock: Clock, folder: Path) -> tuple[GlueTrainer, DatasetDict]:
    """Return the trainer of an item and its data, and time each step."""
    task = find_task(options.task)
    pretrained = resolve(Checkpoint.parse(str(whole())))
    tokenizer, ids = load_tokenizer(pretrained), label_ids(pretrained, task)
    load = clock.timed(lambda: open_source(options.data).load(task), "data")
    data = limited(load(), task, options.train, options.evaluate)
    encoded = clock.timed(encode, "tokenization")(data, task, tokenizer, max_length(tokenizer, pretrained, task), ids)
    arguments = training_arguments(task, {"num_train_epochs": options.epochs}, 42, folder, temporary=True)
    init = clock.timed(model_init(pretrained, task, tokenizer), "model")
    compute, batching = compute_metrics(task, ids), Batching(options.batching)
    return make_trainer(task, init, arguments, EncodedData(encoded, tokenizer), compute, batching), encoded


def watch(trainer: GlueTrainer, clock: Clock) -> None:
    """Time the trainer's methods from now on."""

    def phase() -> str:
        assert isinstance(trainer.model, torch.nn.Module)
        return "forward" if trainer.model.training else "evaluation"

    clock.wrap(trainer, "compute_loss", phase)
    for name in ("evaluate", "predict"):
        clock.wrap(trainer, name, "evaluation")
    clock.wrap(trainer, "training_step", "rest of a step")
    clock.wrap(trainer.accelerator, "backward", "backward")
    clock.wrap(trainer.accelerator, "clip_grad_norm_", "gradient norm")
    clock.wrap(torch.optim.AdamW, "step", "optimizer")


def matrix_rate(tokens: int, width: int) -> float:
    """Return the operations a second of products of (tokens, width) by (width, 4 width), the best of several."""
    a, b = torch.randn(tokens, width), torch.randn(width, 4 * width)
    best = float("inf")
    for _ in range(20):
        start = time.perf_counter()
        for _ in range(5):
            a @ b
        best = min(best, (time.perf_counter() - start) / 5)
    return 2 * tokens * width * 4 * width / best


def table(seconds: Mapping[str, float]) -> str:
    """Return the parts as a table in Markdown, largest first."""
    total = sum(seconds.values())
    ordered = sorted(seconds, key=lambda part: -seconds[part])
    lines = [f"| {part} | {seconds[part]:.2f} | {seconds[part] / total:.1%} |" for part in ordered]
    return "\n".join(["| part | seconds | share |", "|---|--:|--:|", *lines])


def main() -> None:
    """Read the command line, fine-tune once and print the parts."""
    parser = argparse.ArgumentParser(description="Where the time of an item goes.")
    parser.add_argument("--data", required=True, help="a folder in the hub's parquet layout, or sample")
    parser.add_argument("--task", default="rte")
    parser.add_argument("--train", type=int, default=128, help="the first N training examples")
    parser.add_argument("--evaluate", type=int, help="the first N evaluation examples")
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--batching", choices=list(Batching), default=Batching.AUTO)
    parser.add_argument("--without", choices=["nothing", "embeddings", "dropout"], default="nothing")
    options = parser.parse_args()
    switch_off(options.without)
    clock, task = Clock(), find_task(options.task)
    with silence_libraries(), TemporaryDirectory() as folder:
        trainer, encoded = prepare(options, clock, Path(folder))
        watch(trainer, clock)
        label_count = range(0 if task.is_regression else task.num_labels)
        run = fine_tune(trainer, LabelMapping(task, tuple(label_count)), 42)
    parts = {"imports": IMPORTS, **clock.seconds}
    parts["harness"] = time.perf_counter() - START - sum(parts.values())
    print(f"{task.name}, {run.metrics}, {'; '.join(trainer.notes)}, {torch.get_num_threads()} threads\n")
    print(table(parts))
    print(f"\nwithout {options.without}: {sum(parts.values()):.2f} s, of which the run took {run.duration_s:.2f} s")
    model: Any = trainer.model
    weights = sum(layer.weight.numel() for layer in model.modules() if isinstance(layer, torch.nn.Linear))
    tokens = sum(len(row) for row in encoded[task.train_split]["input_ids"]) * options.epochs
    reached = 6 * weights * tokens / sum(parts[part] for part in ("forward", "backward", "rest of a step"))
    rate = matrix_rate(1024, model.config.hidden_size)
    print(f"\nmatrix rate {rate / 1e9:.0f} GFLOP/s; ", end="")
    print(f"steps on real tokens {reached / 1e9:.0f} GFLOP/s, {reached / rate:.0%} of it")


if __name__ == "__main__":
    main()
