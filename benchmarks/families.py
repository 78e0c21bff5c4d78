"""Compare the batching of each family of models with plain batches, on real texts: losses, and processor time.

    python -m benchmarks.families --data FOLDER --rounds 3

Each family has random weights, and gets the tokens of RTE. The losses are those of twenty updates of a small model with
dropout off. The time is that of a few updates of a model of medium size, with the dropout of the family, plain and not
in turn. It is processor time of one thread, which hardly depends on what else the machine does.
"""

import argparse
import statistics
import time
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
import transformers
from transformers import AutoModelForSequenceClassification, PretrainedConfig, PreTrainedModel

from benchmarks.checkpoints import whole
from pytest_glue.core.checkpoints import Checkpoint
from pytest_glue.core.choices import Batching
from pytest_glue.core.tasks import find_task
from pytest_glue.data.source import limited, open_source
from pytest_glue.training.arguments import training_arguments
from pytest_glue.training.fine_tune import EncodedData, make_trainer
from pytest_glue.training.library_state import silence_libraries
from pytest_glue.training.metrics import compute_metrics
from pytest_glue.training.pretrained import resolve
from pytest_glue.training.tokenization import encode
from pytest_glue.training.tokenizer import load_tokenizer
from pytest_glue.training.trainer.glue_trainer import GlueTrainer

TASK = find_task("rte")
COMMON = {"num_attention_heads": 4, "vocab_size": 30522, "max_position_embeddings": 514, "pad_token_id": 0}
SMALL = {"num_hidden_layers": 2, "hidden_size": 64, "intermediate_size": 256}
MEDIUM = {"num_hidden_layers": 6, "hidden_size": 256, "intermediate_size": 1024}
OWN_NAMES = {
    "DistilBert": {"n_layers": "num_hidden_layers", "dim": "hidden_size", "hidden_dim": "intermediate_size"},
    "GPT2": {"n_layer": "num_hidden_layers", "n_embd": "hidden_size", "n_inner": "intermediate_size"},
}
"""What some families call a size."""
UPDATES = 20
"""Of which the losses are compared."""
DEBERTA = {"relative_attention": True, "position_biased_input": False, "type_vocab_size": 0}
V2 = {**DEBERTA, "pos_att_type": ["p2c", "c2p"], "position_buckets": 256, "norm_rel_ebd": "layer_norm"}
V2 |= {"share_att_key": True, "max_relative_positions": -1}
FAMILIES: dict[str, tuple[str, Mapping[str, Any]]] = {
    "BERT": ("Bert", {}),
    "RoBERTa, XLM-R, CamemBERT": ("Roberta", {}),
    "ELECTRA": ("Electra", {"embedding_size": 128}),
    "DistilBERT": ("DistilBert", {"n_heads": 4}),
    "ALBERT": ("Albert", {"embedding_size": 128}),
    "ModernBERT, `cls`": ("ModernBert", {"classifier_pooling": "cls"}),
    "ModernBERT, `mean`": ("ModernBert", {"classifier_pooling": "mean"}),
    "DeBERTa-v2 (with a convolution)": ("DebertaV2", {**V2, "conv_kernel_size": 3, "conv_act": "gelu"}),
    "DeBERTa-v3": ("DebertaV2", V2),
    "MPNet": ("MPNet", {}),
    "GPT-2": ("GPT2", {"n_head": 4, "n_positions": 514}),
    "Llama": ("Llama", {"num_key_value_heads": 2}),
    "Qwen3": ("Qwen3", {"num_key_value_heads": 2, "head_dim": 32}),
    "Longformer": ("Longformer", {"attention_window": 128, "max_position_embeddings": 642}),
}
"""By name, the prefix of the classes of transformers, and what its configuration has beyond the size."""


@dataclass(frozen=True, slots=True)
class Updates:
    """Updates of a new model."""

    losses: tuple[float, ...]
    seconds: float
    """Of the processor."""
    note: str


def config_of(family: str, size: Mapping[str, int], *, has_dropout: bool) -> PretrainedConfig:
    """Return the configuration of a family, with its own dropout or with none."""
    prefix, more = FAMILIES[family]
    sizes = {own: size[usual] for own, usual in OWN_NAMES.get(prefix, {name: name for name in size}).items()}
    config: PretrainedConfig = getattr(transformers, f"{prefix}Config")(**{**COMMON, **sizes, **more})
    if not has_dropout:
        for name in config.to_dict():
            if name.endswith(("dropout", "dropout_prob", "pdrop")) and getattr(config, name):
                setattr(config, name, 0.0)
    return config


def update(config: PretrainedConfig, data: EncodedData, batching: Batching, folder: Path, steps: int) -> Updates:
    """Make a new model, and train it for some updates."""
    recipe: dict[str, Any] = {
        "max_steps": steps,
        "save_strategy": "no",
        "eval_strategy": "no",
        "logging_strategy": "no",
    }
    recipe |= {"load_best_model_at_end": False, "use_cpu": True, "learning_rate": 1e-4}
    arguments = training_arguments(TASK, recipe, 42, folder, temporary=True)

    def new_model(trial: Any = None) -> PreTrainedModel:  # noqa: ARG001 - the trial of a hyperparameter search
        own = deepcopy(config)  # `Trainer` changes it
        model: PreTrainedModel = AutoModelForSequenceClassification.from_config(own)  # type: ignore[no-untyped-call]
        return model

    trainer = make_trainer(TASK, new_model, arguments, data, compute_metrics(TASK, (0, 1)), batching)
    assert isinstance(trainer, GlueTrainer)
    losses: list[float] = []
    usual, start = trainer.training_step, time.process_time()

    def recorded(*args: Any, **named: Any) -> torch.Tensor:
        nonlocal start
        if len(losses) == 1:  # the first one includes measurements and the choice of the batching
            start = time.process_time()
        loss = usual(*args, **named)
        losses.append(loss.item())
        return loss

    trainer.training_step = recorded  # type: ignore[method-assign]
    trainer.train()
    return Updates(tuple(losses), time.process_time() - start, "; ".join(trainer.notes))


def rows(families: list[str], data: EncodedData, folder: Path, options: argparse.Namespace) -> Iterator[str]:
    """Yield a row of the table for each family."""
    for family in families:
        exact, usual = config_of(family, SMALL, has_dropout=False), config_of(family, MEDIUM, has_dropout=True)
        ways = (Batching.PLAIN, Batching.AUTO)
        plain, fast = (update(exact, data, way, folder, UPDATES) for way in ways)
        difference = max(abs(a - b) for a, b in zip(plain.losses, fast.losses, strict=True))
        ratios = []
        for _ in range(options.rounds):
            seconds = [update(usual, data, way, folder, options.steps).seconds for way in ways]
            ratios.append(seconds[1] / seconds[0])
        batching, _, reason = fast.note.removeprefix("batching: ").partition(", since ")
        spread = f"{min(ratios):.2f} to {max(ratios):.2f}"
        yield f"| {family} | {batching} | {difference:.0e} | {statistics.median(ratios):.2f} | {spread} | {reason} |"


def main() -> None:
    """Read the command line, and print the table."""
    parser = argparse.ArgumentParser(description="Each family's batching against plain batches.")
    parser.add_argument("--data", required=True, help="a folder in the hub's parquet layout")
    parser.add_argument("--steps", type=int, default=6, help="updates of 16 examples that are timed, and one before")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--families", nargs="*", choices=FAMILIES, default=list(FAMILIES))
    options = parser.parse_args()
    torch.set_num_threads(1)
    tokenizer = load_tokenizer(resolve(Checkpoint.parse(str(whole()))))
    splits = limited(open_source(options.data).load(TASK), TASK, 16 * UPDATES, 16)
    with silence_libraries(), TemporaryDirectory() as folder:
        data = EncodedData(encode(splits, TASK, tokenizer, 512, (0, 1)), tokenizer)
        print("| family | batching | largest difference of a loss | time, of plain | from, to | reason |")
        print("|---|---|--:|--:|---|---|")
        for row in rows(options.families, data, Path(folder), options):
            print(row, flush=True)


if __name__ == "__main__":
    main()
