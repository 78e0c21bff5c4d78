"""Whether a model has an embedding for each token and token type that its tokenizer gives."""

from collections.abc import Iterable, Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import torch
from datasets import Dataset

from pytest_glue.core.errors import CheckpointError

_FEW = 0.9
"""Share of a model's embeddings. Models pad their vocabulary to round numbers, by a few percent."""


def check_token_ids(model: torch.nn.Module, tokenizer: Any, splits: Iterable[Any]) -> None:
    """Check that the model has an embedding for each token of the examples, and for padding.

    Raises:
        CheckpointError: a token or a token type lies beyond the model's embeddings, or there is no padding token.
    """
    known = [split for split in splits if isinstance(split, Dataset)]
    padding = tokenizer.pad_token_id
    if padding is None:
        raise CheckpointError("the tokenizer has no padding token: set its pad_token to one of its tokens")
    highest = max([*_highest(known, "input_ids"), padding])
    size = _size(_token_embeddings(model))
    if size is not None and highest >= size:
        use = "as padding" if highest == padding else "in the data"
        raise CheckpointError(
            f"the tokenizer has token id {highest} ({tokenizer.convert_ids_to_tokens(highest)!r}) {use}, and the model "
            f"has {size} embeddings (vocab_size): run model.resize_token_embeddings(len(tokenizer)) and save the "
            "model, or use the tokenizer that it was trained with"
        )
    highest = max(_highest(known, "token_type_ids"), default=-1)
    size = _size(_token_type_embeddings(model))
    if size is not None and highest >= size:
        raise CheckpointError(
            f"the tokenizer gives token type {highest}, and the model has {size} (type_vocab_size): use the tokenizer "
            'that it was trained with, or set "model_input_names": ["input_ids", "attention_mask"] in '
            "tokenizer_config.json"
        )


def vocabulary_notes(model: Any, tokenizer: Any) -> tuple[str, ...]:
    """Return a note if the tokenizer has far fewer tokens than the model has embeddings, as one that was cut off."""
    size = _size(_token_embeddings(model))
    if size is None or len(tokenizer) >= _FEW * size:
        return ()
    return (f"the tokenizer has {len(tokenizer)} tokens, and the model {size} embeddings: is the vocabulary complete?",)


def _highest(splits: Iterable[Dataset], column: str) -> Iterator[int]:
    """Yield the highest number in each split's column of lists, where there is one."""
    for split in splits:
        if column not in split.column_names:
            continue
        values = split.with_format("arrow")[:][column]
        if pa.types.is_list(values.type) and pa.types.is_integer(values.type.value_type) and len(values):
            yield pc.max(pc.list_flatten(values)).as_py() or 0


def _token_embeddings(model: Any) -> torch.nn.Module | None:
    try:
        found: torch.nn.Module | None = model.get_input_embeddings()
    except (AttributeError, NotImplementedError):  # a model of characters, or a user's own class
        return None
    return found


def _token_type_embeddings(model: torch.nn.Module) -> torch.nn.Module | None:
    modules = (module for name, module in model.named_modules() if name.endswith("token_type_embeddings"))
    return next(modules, None)


def _size(embeddings: torch.nn.Module | None) -> int | None:
    return embeddings.num_embeddings if isinstance(embeddings, torch.nn.Embedding) else None
