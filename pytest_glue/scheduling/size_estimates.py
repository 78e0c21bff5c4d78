"""Parameters: how large a checkpoint is, told without loading it.

A folder tells by its files and a hub id by the words of its name, so that the answer is the same on every machine.
"""

import json
import re
from collections.abc import Mapping
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
