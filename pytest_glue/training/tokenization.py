"""Encodes a task's data with a tokenizer."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import tokenizers
import transformers
from datasets import Dataset, DatasetDict, Value

from pytest_glue.core.tasks import Task
from pytest_glue.data.fingerprint import digest
from pytest_glue.training.encoding_cache import EncodedSplit, encoded_split
from pytest_glue.training.label_sets import to_vector
from pytest_glue.training.load_errors import is_failure, unreadable

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


class EncodedSplits(DatasetDict):  # type: ignore[misc]  # datasets has no types
    """The splits with labels as token ids."""

    notes: tuple[str, ...] = ()
    """What a reader should know about the cache of encoded data."""


def encode(
    data: Mapping[str, Dataset],
    task: Task,
    tokenizer: "PreTrainedTokenizerBase",
    length: int,
    label_ids: Sequence[int],
    further: Mapping[str, Dataset] = MappingProxyType({}),
) -> EncodedSplits:
    """Return the splits with labels as token ids, with the model's label ids.

    The result is cached by content: a machine encodes the same examples, tokenizer and length once.

    Args:
        data: the raw splits.
        task: defines splits and columns.
        tokenizer: of the checkpoint.
        length: number of tokens to which examples are truncated.
        label_ids: the model's id of each of the task's labels; empty for a regression.
        further: other splits, with any labels, which are encoded too.

    Raises:
        CheckpointError: the tokenizer failed.
    """

    def tokenize(batch: dict[str, list[Any]]) -> dict[str, Any]:
        try:
            encoding = tokenizer(*(batch[key] for key in task.text_columns), truncation=True, max_length=length)
        except BaseException as error:
            if not is_failure(error):
                raise
            what = f"the tokenizer ({type(tokenizer).__name__}) cannot encode the text of {task.name}"
            remedy = (
                "Use the tokenizer that the checkpoint was trained with, as tokenizer.save_pretrained(folder) wrote it"
            )
            raise unreadable(what, error, fixture="glue_tokenizer", remedy=remedy) from error
        return {**encoding, "label": _model_labels(batch[task.label_column], task, label_ids)}

    state = _tokenizer_state(tokenizer)

    def encoded(split: Dataset) -> EncodedSplit:
        if label_ids and max(label_ids) >= len(label_ids):  # a model with more labels than the task's feature has
            split = split.cast_column(task.label_column, Value("int64"))
        facts = [digest(split, task.columns), task.text_columns, length, task.kind, list(label_ids), state]
        return encoded_split(split, tokenize, hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:32])

    splits = {name: encoded(data[name]) for name in task.labelled_splits}
    splits |= {name: encoded(split) for name, split in further.items()}
    result = EncodedSplits({name: split.examples for name, split in splits.items()})
    result.notes = tuple(split.note for split in splits.values() if split.note)
    return result


def _model_labels(labels: Sequence[Any], task: Task, label_ids: Sequence[int]) -> list[Any]:
    """Return labels in the model's order: class ids, numbers, or a vector of zeros and ones for each set."""
    if task.is_multi_label:
        return [to_vector(label, label_ids) for label in labels]
    return [label_ids[label] for label in labels] if label_ids else list(labels)


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
