"""Sizes of checkpoints and tasks, estimated without loading them, and the memory that fine-tunings need."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pytest_glue.core.checkpoints import Checkpoint, Origin

SAMPLE = 160_000
"""Parameters of the sample's checkpoint, without its vocabulary."""
DEFAULT = 85_000_000
"""Parameters of BERT base, without its vocabulary."""
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
"""Parameters by a word of a hub id, as published for BERT, DeBERTa and T5. Of several words, the first here counts."""
_WIDTH = ("hidden_size", "dim", "d_model", "n_embd")
_LAYERS = ("num_hidden_layers", "n_layers", "n_layer", "num_layers")
_FEED_FORWARD = ("intermediate_size", "hidden_dim", "d_ff", "n_inner")

PROCESS = 0.6e9
"""Bytes of a process that has imported torch, transformers and datasets; measured: 0.5 to 0.6 GB on Linux."""
_COPIES = 5
"""Weights, gradients, the two moments of AdamW, and the best epoch's weights."""
_VOCABULARY = 24_000_000
"""Parameters of BERT base's vocabulary."""
_BYTES = 4
"""Of a parameter."""


def parameters_of(checkpoint: Checkpoint) -> int:
    """Return an estimate of a checkpoint's parameters, without its vocabulary.

    A folder's config.json tells, or the words of a hub id, so that the estimate is the same on every machine.
    """
    if checkpoint.origin is Origin.SAMPLE:
        return SAMPLE
    if checkpoint.origin is Origin.FOLDER:
        return _from_config(checkpoint.folder / "config.json") or DEFAULT
    return _from_name(checkpoint.name)


def _from_config(file: Path) -> int | None:
    """Return the parameters of attention and feed-forward in all layers; None if the file does not tell."""
    try:
        config = json.loads(file.read_text("utf-8")) if file.is_file() else None  # a named pipe would block
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


def _from_name(name: str) -> int:
    words = re.split(r"[\W_\d]+", name.rpartition("/")[2].lower())
    # `distilbert` is one word that contains another.
    known = {*words, *(["distil"] if any(word.startswith("distil") for word in words) else [])}
    return next((size for word, size in NAMES.items() if word in known), DEFAULT)


def needed(checkpoint: Checkpoint) -> float:
    """Return about how many bytes one fine-tuning needs, without its batches."""
    return PROCESS + _COPIES * _weights(checkpoint)


def warning(checkpoints: Iterable[Checkpoint], at_a_time: int, available: float, where: str) -> str | None:
    """Return a warning if concurrent fine-tunings of the largest checkpoint need more memory than there is.

    Args:
        checkpoints: that are fine-tuned.
        at_a_time: how many fine-tunings run at a time on one machine.
        available: bytes of memory for them.
        where: the machine, in words.
    """
    total = max(map(needed, checkpoints), default=0.0) * at_a_time
    if at_a_time < 2 or total <= available:
        return None
    return (
        f"MEMORY: {at_a_time} fine-tunings at a time need about {total / 1e9:.1f} GB plus memory for their batches, "
        f"but {where} has {available / 1e9:.1f} GB: run fewer at a time"
    )


def _weights(checkpoint: Checkpoint) -> float:
    """Return the bytes of a checkpoint's weights."""
    files = checkpoint.folder.glob("*.safetensors") if checkpoint.origin is Origin.FOLDER else ()
    size = sum(file.stat().st_size for file in files)
    if size or checkpoint.origin is Origin.SAMPLE:
        return size
    return _BYTES * (parameters_of(checkpoint) + _VOCABULARY)


@dataclass(frozen=True, slots=True)
class Size:
    """The size of a task's training data."""

    train: int
    """Number of examples."""
    tokens: int
    """Of an example, on average, special ones included."""


GLUE_SIZES: Mapping[str, Size] = MappingProxyType(
    {
        "cola": Size(8_551, 12),
        "mnli": Size(392_702, 40),
        "mrpc": Size(3_668, 53),
        "qnli": Size(104_743, 52),
        "qqp": Size(363_846, 30),
        "rte": Size(2_490, 70),
        "sst2": Size(67_349, 13),
        "stsb": Size(5_749, 29),
        "wnli": Size(635, 37),
    }
)
"""By configuration. Examples: the hub's card of `nyu-mll/glue`. Tokens: BERT's uncased vocabulary on the splits of
cola, mrpc, rte, stsb and wnli (a token for 4.4 bytes), and that rate on the card's sizes for the others."""
GLUE_EVALUATION: Mapping[str, int] = MappingProxyType(
    {
        "cola": 1_043,
        "mnli": 9_815,
        "mnli-mm": 9_832,
        "mrpc": 408,
        "qnli": 5_463,
        "qqp": 40_430,
        "rte": 277,
        "sst2": 872,
        "stsb": 1_500,
        "wnli": 71,
    }
)
"""The number of evaluation examples by task, from the same card."""
SAMPLE_SIZES: Mapping[str, Size] = MappingProxyType(
    {
        "cola": Size(400, 13),
        "mnli": Size(400, 30),
        "mrpc": Size(400, 25),
        "qnli": Size(400, 30),
        "qqp": Size(400, 30),
        "rte": Size(400, 38),
        "sst2": Size(400, 23),
        "stsb": Size(400, 32),
        "wnli": Size(160, 23),
    }
)
"""The same for the sample."""
UNKNOWN = Size(5_000, 30)
"""For a task in neither table."""


def tokens_of(n_bytes: float) -> int:
    """Return about how many tokens an example has, special ones included.

    Args:
        n_bytes: of its texts, as UTF-8.
    """
    return round(n_bytes / _BYTES_OF_A_TOKEN) + _SPECIAL_TOKENS


_BYTES_OF_A_TOKEN, _SPECIAL_TOKENS = 4.4, 3
"""As measured for `GLUE_SIZES`."""
