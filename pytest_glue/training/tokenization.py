"""Loads a checkpoint's tokenizer, and encodes a task's data with it."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import tokenizers
import transformers
from datasets import Dataset, DatasetDict
from transformers import AutoTokenizer

from pytest_glue.core.errors import CheckpointError
from pytest_glue.core.tasks import Task
from pytest_glue.data.fingerprint import digest
from pytest_glue.training.encoding_cache import EncodedSplit, encoded_split
from pytest_glue.training.model import load_config
from pytest_glue.training.pretrained import Pretrained

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

_NO_LIMIT = 1_000_000
"""Tokenizers without a maximum length report one of 1e30."""

_DEFAULT_MAX_LENGTH = 512


def load_tokenizer(pretrained: Pretrained) -> "PreTrainedTokenizerBase":
    """Return the checkpoint's fast tokenizer, or the slow one if it has no fast one.

    If it has no padding token, it pads with its end-of-text token.

    Raises:
        CheckpointError: the folder holds no tokenizer that can be loaded.
    """
    try:
        tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(
            pretrained.folder, use_fast=True, trust_remote_code=False
        )
    except Exception as error:
        message = (
            f"the tokenizer of {pretrained.checkpoint.label} cannot be loaded ({type(error).__name__}: {error}): "
            "save one next to the weights with tokenizer.save_pretrained(folder)"
        )
        raise CheckpointError(message) from error
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def max_length(tokenizer: "PreTrainedTokenizerBase", pretrained: Pretrained, limit: int | None = None) -> int:
    """Return the number of tokens to which examples are truncated.

    It is the smallest of the tokenizer's maximum, the model's number of positions, and the limit.
    """
    bounds = [tokenizer.model_max_length, _positions(pretrained), limit]
    known = [bound for bound in bounds if bound is not None and bound < _NO_LIMIT]
    return min(known, default=_DEFAULT_MAX_LENGTH)


class EncodedSplits(DatasetDict):  # type: ignore[misc]  # datasets has no types
    """The training and the evaluation split as token ids."""

    notes: tuple[str, ...] = ()
    """What a reader should know about the cache of encoded data."""


def encode(
    data: Mapping[str, Dataset],
    task: Task,
    tokenizer: "PreTrainedTokenizerBase",
    length: int,
    label_ids: Sequence[int],
) -> EncodedSplits:
    """Return the training and the evaluation split as token ids, with the model's label ids.

    The result is cached by content: a machine encodes the same examples, tokenizer and length once.

    Args:
        data: the raw splits.
        task: defines splits and columns.
        tokenizer: of the checkpoint.
        length: number of tokens to which examples are truncated.
        label_ids: the model's id of each of the task's labels; empty for a regression.
    """

    def tokenize(batch: dict[str, list[Any]]) -> dict[str, Any]:
        encoding = tokenizer(*(batch[key] for key in task.text_columns), truncation=True, max_length=length)
        labels = batch[task.label_column]
        return {**encoding, "label": [label_ids[label] for label in labels] if label_ids else labels}

    state = _tokenizer_state(tokenizer)

    def encoded(split: Dataset) -> EncodedSplit:
        facts = [digest(split, task.columns), task.text_columns, length, list(label_ids), state]
        return encoded_split(split, tokenize, hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:32])

    splits = {name: encoded(data[name]) for name in (task.train_split, task.evaluation_split)}
    result = EncodedSplits({name: split.examples for name, split in splits.items()})
    result.notes = tuple(split.note for split in splits.values() if split.note)
    return result


def _positions(pretrained: Pretrained) -> int | None:
    config = load_config(pretrained)
    positions = getattr(config, "max_position_embeddings", None)
    if not isinstance(positions, int) or positions <= 0:
        return None
    # RoBERTa and its relatives count positions from the padding id on: 514 positions hold 512 tokens.
    return positions - (config.pad_token_id + 1 if config.model_type in _OFFSET_POSITIONS else 0)


_OFFSET_POSITIONS = {"roberta", "xlm-roberta", "xlm-roberta-xl", "camembert", "roberta-prelayernorm", "data2vec-text"}
_OFFSET_POSITIONS |= {"mpnet", "longformer", "ibert", "xmod", "esm", "luke", "lilt", "markuplm"}


def _tokenizer_state(tokenizer: "PreTrainedTokenizerBase") -> str:
    """Return a digest of how the tokenizer encodes a text, independent of its earlier use."""
    versions = [transformers.__version__, tokenizers.__version__]
    facts = [type(tokenizer).__name__, tokenizer.get_vocab(), str(tokenizer.special_tokens_map), versions]
    if tokenizer.is_fast:
        rules = json.loads(tokenizer.backend_tokenizer.to_str())
        facts.append({name: rule for name, rule in rules.items() if name not in {"truncation", "padding"}})
    else:  # the rules of a slow one are code, with switches
        plain = {name: value for name, value in tokenizer.init_kwargs.items() if isinstance(value, bool | int | str)}
        facts.append({name: value for name, value in plain.items() if not name.endswith(("_file", "_path"))})
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
