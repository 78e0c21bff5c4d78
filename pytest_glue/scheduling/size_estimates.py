"""Parameters: how large a checkpoint is, told without loading it.

A folder tells by its files and a hub id by the words of its name, so that the answer is the same on every machine.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pytest_glue.core.checkpoints import Checkpoint, Origin

SAMPLE = 160_000
DEFAULT = 85_000_000
"""Those of BERT base, without its vocabulary."""
NAMES: Mapping[str, int] = MappingProxyType(
    {
        "tiny": 1_000_000,
        "mini": 3_000_000,
        "minilm": 20_000_000,
        "xsmall": 20_000_000,
        "small": 20_000_000,
        "medium": 25_000_000,
        "distil": DEFAULT // 2,
        "base": DEFAULT,
        "large": 300_000_000,
        "xlarge": 1_000_000_000,
        "xl": 1_000_000_000,
        "xxl": 4_000_000_000,
    }
)
"""What the words in a name mean, as published for BERT, DeBERTa and T5; where several stand, the first here."""
_WIDTH = ("hidden_size", "dim", "d_model", "n_embd")
_LAYERS = ("num_hidden_layers", "n_layers", "n_layer", "num_layers")
_FEED_FORWARD = ("intermediate_size", "hidden_dim", "d_ff", "n_inner")
_BYTES = 4
_WEIGHTS = ("*.safetensors", "pytorch_model*.bin")


def parameters_of(checkpoint: Checkpoint) -> int:
    """Return about how many parameters each token meets: those of the layers, since the vocabulary is looked up."""
    if checkpoint.origin is Origin.SAMPLE:
        return SAMPLE
    if checkpoint.origin is Origin.FOLDER:
        found = _of_config(checkpoint.folder / "config.json") or _of_weights(checkpoint.folder)
        return found or DEFAULT
    return _of_name(checkpoint.name)


def _of_config(file: Path) -> int | None:
    """Return what attention and feed-forward of all layers hold; None where the file does not tell."""
    try:
        config = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(config, dict):
        return None
    width, layers = _first(config, _WIDTH), _first(config, _LAYERS)
    if width is None or layers is None:
        return None
    return layers * (4 * width**2 + 2 * width * (_first(config, _FEED_FORWARD) or 4 * width))


def _first(config: Mapping[str, Any], names: tuple[str, ...]) -> int | None:
    return next((config[name] for name in names if isinstance(config.get(name), int)), None)


def _of_weights(folder: Path) -> int | None:
    for pattern in _WEIGHTS:
        if size := sum(path.stat().st_size for path in folder.glob(pattern)):
            return size // _BYTES
    return None


def _of_name(name: str) -> int:
    words = re.split(r"[\W_\d]+", name.rpartition("/")[2].lower())
    # `distilbert` holds its word; no other does.
    known = {*words, *(["distil"] if any(word.startswith("distil") for word in words) else [])}
    return next((size for word, size in NAMES.items() if word in known), DEFAULT)


PROCESS = 0.6e9
"""Bytes of a process that has imported torch, transformers and datasets; seen: 0.5 to 0.6 GB on Linux."""
_COPIES = 5
"""Weights, gradients, the two moments of AdamW, and the best epoch's weights."""
_VOCABULARY = 24_000_000
"""Parameters of BERT base's, where no file tells of another."""


def needed(checkpoint: Checkpoint) -> float:
    """Return about how many bytes one fine-tuning takes, without what the batches do."""
    return PROCESS + _COPIES * _weights(checkpoint)


def warning(checkpoints: Iterable[Checkpoint], at_a_time: int, there: float, where: str) -> str | None:
    """Return the sentence about too many fine-tunings at a time; None where the largest of them fit.

    Args:
        checkpoints: that are fine-tuned.
        at_a_time: how many fine-tunings a machine has at a time.
        there: bytes of memory that it has for them.
        where: that is, in words.
    """
    most = max(map(needed, checkpoints), default=0.0) * at_a_time
    if at_a_time < 2 or most <= there:
        return None
    return (
        f"MEMORY: {at_a_time} fine-tunings at a time take about {most / 1e9:.1f} GB and what their batches need, "
        f"and {where} has {there / 1e9:.1f} GB: let fewer run at a time"
    )


def _weights(checkpoint: Checkpoint) -> float:
    files = checkpoint.folder.glob("*.safetensors") if checkpoint.origin is Origin.FOLDER else ()
    size = sum(file.stat().st_size for file in files)
    if size or checkpoint.origin is Origin.SAMPLE:
        return size
    return _BYTES * (parameters_of(checkpoint) + _VOCABULARY)


@dataclass(frozen=True, slots=True)
class Size:
    """The size of a task's splits."""

    train: int
    """Examples to train on."""
    evaluation: int
    """Examples to evaluate on."""
    tokens: int
    """Of an example, on average, special ones included."""


GLUE_SIZES: Mapping[str, Size] = MappingProxyType(
    {
        "cola": Size(8_551, 1_043, 12),
        "mnli": Size(392_702, 9_815, 40),
        "mrpc": Size(3_668, 408, 53),
        "qnli": Size(104_743, 5_463, 52),
        "qqp": Size(363_846, 40_430, 30),
        "rte": Size(2_490, 277, 70),
        "sst2": Size(67_349, 872, 13),
        "stsb": Size(5_749, 1_500, 29),
        "wnli": Size(635, 71, 37),
    }
)
"""By configuration. Examples: the hub's card of `nyu-mll/glue`; tokens: BERT's uncased vocabulary on the splits of
cola, mrpc, rte, stsb and wnli, which is a token for 4.4 bytes, and that rate on the sizes that the card gives."""
SAMPLE_SIZES: Mapping[str, Size] = MappingProxyType(
    {
        "cola": Size(400, 240, 13),
        "mnli": Size(400, 240, 30),
        "mrpc": Size(400, 240, 25),
        "qnli": Size(400, 240, 30),
        "qqp": Size(400, 240, 30),
        "rte": Size(400, 240, 38),
        "sst2": Size(400, 240, 23),
        "stsb": Size(400, 240, 32),
        "wnli": Size(160, 71, 23),
    }
)
"""The same of the synthetic data."""
UNKNOWN = Size(5_000, 1_000, 30)
"""What is assumed of a task that stands in neither table."""
