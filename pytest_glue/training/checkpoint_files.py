"""Which files of a checkpoint a fine-tuning reads, and whether they are what their names say.

Nothing here imports a heavy library: checkpoints are checked at collection.
"""

import json
import re
from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from typing import Any

from pytest_glue.core.errors import CheckpointError
from pytest_glue.core.file_problems import file_problem
from pytest_glue.training.file_damage import damage_of

CONFIG = "config.json"
TOKENIZER_CONFIG = "tokenizer_config.json"
ADAPTER_CONFIG = "adapter_config.json"

VOCABULARIES = ("tokenizer.json", "vocab.txt", "vocab.json", "*.model", "*.spm", "prophetnet.tokenizer", "tekken.json")
"""File names, of which a tokenizer needs at least one."""

TOKENIZER_EXTRAS = (
    *("tokenizer*.json", "special_tokens_map.json", "added_tokens.json", "merges.txt", "bpe.codes", "dict.txt"),
    *("*vocab*.json", "word_*.json", "byte_maps.json", "emoji.json", "normalizer.json", "tokenizer.model*"),
)
"""Names of further files that some tokenizers read."""

CONFIGS_OF_VERSIONS = "config.*.json"
"""A config.json can name such files, each for the versions of transformers from the one in its name on."""

WITHOUT_VOCABULARY = frozenset({"ByT5Tokenizer", "CanineTokenizer", "PerceiverTokenizer"})
"""Tokenizers of bytes or characters, which have no vocabulary file."""

WEIGHTS = ("model.safetensors", "pytorch_model.bin")
"""In the order in which transformers looks for them. Each can be split into several files, which an index names."""

INDEXES = tuple(f"{name}.index.json" for name in WEIGHTS)

_DISTRIBUTED = re.compile(r"shard-\d{5}-model-\d{5}-of-\d{5}\.safetensors")
"""Files of a distributed training, which transformers loads in place of the weights."""

_OBJECTS = (CONFIG, TOKENIZER_CONFIG, "special_tokens_map.json", "added_tokens.json", *INDEXES)
"""Files that hold one JSON object and are small enough to be parsed at collection."""

SAVE = "`model.save_pretrained(FOLDER)` and `tokenizer.save_pretrained(FOLDER)` write what is needed"


def choose(names: Sequence[str], where: str) -> tuple[str, ...]:
    """Return the names of the files that a fine-tuning reads, sorted: config, tokenizer and one format of weights.

    Of weights in several files, only the index is among them: see `files_of_index`. Files in subfolders do not count.

    Args:
        names: of all files of the checkpoint.
        where: the checkpoint, for messages.

    Raises:
        CheckpointError: one of the three is missing, or the checkpoint holds other weights too.
    """
    _refuse_other_weights(names, where)
    top = [name for name in names if "/" not in name]
    tokenizer = [name for name in top if any(fnmatch(name, pattern) for pattern in (*VOCABULARIES, *TOKENIZER_EXTRAS))]
    weights = next((name for pair in zip(WEIGHTS, INDEXES, strict=True) for name in pair if name in top), None)
    for found, what in (
        (CONFIG in top, CONFIG),
        (weights, f"weights ({' or '.join(WEIGHTS)})"),
        (tokenizer, f"tokenizer ({', '.join(VOCABULARIES[:4])}, ...)"),
    ):
        if not found:
            raise CheckpointError(f"{where} has no {what}; there: {_listed(names)}. {SAVE}")
    configs = [name for name in top if fnmatch(name, CONFIGS_OF_VERSIONS)]
    return tuple(sorted({CONFIG, *configs, *tokenizer, str(weights)}))


def _refuse_other_weights(names: Sequence[str], where: str) -> None:
    """Refuse files that transformers would load without being asked: an adapter, or a distributed checkpoint."""
    if ADAPTER_CONFIG in names:
        whole = CONFIG in names and any(name in names for name in (*WEIGHTS, *INDEXES))
        what = "holds a PEFT adapter beside the weights" if whole else "is a PEFT adapter, not a whole model"
        raise CheckpointError(
            f"{where} {what} ({ADAPTER_CONFIG}): merge it into its base model, as in "
            "`AutoPeftModelForSequenceClassification.from_pretrained(FOLDER).merge_and_unload().save_pretrained(NEW)`"
            + (", or remove the adapter's files" if whole else ", and save the tokenizer there too")
        )
    if distributed := [name for name in names if _DISTRIBUTED.fullmatch(name)]:
        raise CheckpointError(f"{where} is a checkpoint of a distributed training ({distributed[0]}, ...): {SAVE}")


def files_of_index(folder: Path, files: Sequence[str], where: str) -> tuple[str, ...]:
    """Return the files together with those that an index among them names, sorted.

    Raises:
        CheckpointError: the index is damaged, or names a file outside the folder.
    """
    index = next((name for name in files if name in INDEXES), None)
    if index is None:
        return tuple(files)
    _require(folder, index, where)
    named = _object(folder, index, where).get("weight_map")
    if not isinstance(named, dict) or not named or not all(isinstance(name, str) and name for name in named.values()):
        raise CheckpointError(f"{where}: {index} has no `weight_map` of tensors to files; {SAVE}")
    for name in sorted(set(named.values())):
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or "\\" in name:
            message = f"{where}: {index} names {name!r}, which is outside the checkpoint's folder; {SAVE}"
            raise CheckpointError(message)
    return tuple(sorted({*files, *named.values()}))


def check_files(folder: Path, files: Sequence[str], where: str) -> None:
    """Check that each file can be read and is no placeholder, and that the tokenizer has a vocabulary.

    Raises:
        CheckpointError: a file is missing, empty, damaged, a Git LFS pointer or no regular file.
    """
    for name in files:
        _require(folder, name, where)
        _require_whole(folder, name, where)
    objects = {name: _object(folder, name, where) for name in files if name in _OBJECTS}
    if other := objects.get(CONFIG, {}).get("transformers_weights"):
        expected = next(name for name in files if name in WEIGHTS or name in INDEXES)
        raise CheckpointError(
            f"{where}: {CONFIG} names other weights (transformers_weights: {other!r}) than {expected}: "
            "remove the entry, and keep the weights that you mean under the usual name"
        )
    # Without a vocabulary, transformers silently builds a tokenizer with no words.
    if not any(fnmatch(name, pattern) for name in files for pattern in VOCABULARIES):
        known = objects.get(TOKENIZER_CONFIG, {})
        if known.get("tokenizer_class") not in WITHOUT_VOCABULARY:
            raise CheckpointError(f"{where} has no vocabulary ({', '.join(VOCABULARIES[:4])}, ...); {SAVE}")


def names_in(folder: Path) -> list[str]:
    """Return the names of all that a folder holds, sorted.

    Raises:
        CheckpointError: the folder cannot be listed.
    """
    try:
        return sorted(path.name for path in folder.iterdir())
    except OSError as error:
        message = f"checkpoint {folder} cannot be read ({error.strerror})"
        raise CheckpointError(message) from error


def _require(folder: Path, name: str, where: str) -> None:
    if problem := file_problem(folder / name):
        raise CheckpointError(f"{where}: {name} {problem}")


def _require_whole(folder: Path, name: str, where: str) -> None:
    try:
        problem = damage_of(folder / name)
    except OSError as error:
        problem = f"cannot be read ({error.strerror})"
    if problem:
        raise CheckpointError(f"{where}: {name} {problem}; copy or download it again, or save it again")


def _object(folder: Path, name: str, where: str) -> dict[str, Any]:
    try:
        content = json.loads((folder / name).read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        message = f"{where}: {name} is damaged: it is not JSON ({error}); {SAVE}"
        raise CheckpointError(message) from error
    if not isinstance(content, dict):
        message = f"{where}: {name} is damaged: it holds no JSON object, but the type {type(content).__name__}; {SAVE}"
        raise CheckpointError(message)
    return content


def _listed(names: Sequence[str]) -> str:
    shown = sorted(name for name in names if not name.startswith("."))
    return ", ".join(shown[:12]) + (f" and {len(shown) - 12} more" if len(shown) > 12 else "") or "nothing"
