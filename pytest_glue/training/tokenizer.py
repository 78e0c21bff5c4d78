"""Loads a checkpoint's tokenizer, and finds the length to which it truncates examples."""

from typing import TYPE_CHECKING, Any

from transformers import AutoTokenizer

from pytest_glue.core.errors import CheckpointError
from pytest_glue.core.tasks import Task
from pytest_glue.training.load_errors import is_failure, unreadable
from pytest_glue.training.model_config import load_config
from pytest_glue.training.pretrained import Pretrained

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

_NO_LIMIT = 1_000_000
"""Tokenizers without a maximum length report one of 1e30."""

_DEFAULT_MAX_LENGTH = 512

_USUAL_PADDING = ("[PAD]", "<pad>", "<|padding|>", "<|endoftext|>")


def load_tokenizer(pretrained: Pretrained) -> "PreTrainedTokenizerBase":
    """Return the checkpoint's fast tokenizer, or the slow one if it has no fast one.

    If it has no padding token, it pads with its end-of-text token.

    Raises:
        CheckpointError: the folder holds no tokenizer that can be loaded, or it has no padding token.
    """
    load_config(pretrained)  # whose error would be taken for one of the tokenizer
    label = pretrained.checkpoint.label
    try:
        tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(
            pretrained.folder, use_fast=True, trust_remote_code=False, local_files_only=True
        )
    except BaseException as error:
        if not is_failure(error):
            raise
        what = f"the tokenizer of {label} cannot be loaded"
        remedy = "Save one next to the weights with tokenizer.save_pretrained(folder)"
        raise unreadable(what, error, fixture="glue_tokenizer", remedy=remedy) from error
    if len(tokenizer) <= len(set(tokenizer.all_special_tokens)):
        kind = type(tokenizer).__name__
        raise CheckpointError(
            f"the tokenizer of {label} has special tokens only: its class, {kind}, reads none of the vocabulary files. "
            "Save it with tokenizer.save_pretrained(folder), which writes its class too"
        )
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    if tokenizer.pad_token_id is None:
        usual = next((token for token in _USUAL_PADDING if token in tokenizer.get_vocab()), "[PAD]")
        raise CheckpointError(
            f"the tokenizer of {label} has no padding token, nor an end-of-text token to pad with: "
            f'name one of its tokens in tokenizer_config.json, as in "pad_token": "{usual}"'
        )
    return tokenizer


def max_length(
    tokenizer: "PreTrainedTokenizerBase", pretrained: Pretrained, task: Task, limit: int | None = None
) -> int:
    """Return the number of tokens to which a task's examples are truncated.

    It is the smallest of the tokenizer's maximum, the model's number of positions, and the limit.

    Raises:
        CheckpointError: the tokenizer's maximum is no length, or none of them leaves room for a text.
    """
    label = pretrained.checkpoint.label
    bounds = [_claimed_length(tokenizer, label), _positions(pretrained, tokenizer), limit]
    length = min([bound for bound in bounds if bound is not None], default=_DEFAULT_MAX_LENGTH)
    added = tokenizer.num_special_tokens_to_add(pair=len(task.text_columns) > 1)
    if length <= added:
        raise CheckpointError(
            f"{label}: examples are truncated to {length} tokens, and the tokenizer adds {added} to each example of "
            f"{task.name}, so no text is left; raise --glue-max-length, model_max_length in tokenizer_config.json, or "
            "max_position_embeddings in config.json, whichever is too small"
        )
    return length


def _claimed_length(tokenizer: Any, label: str) -> int | None:
    """Return the tokenizer's maximum; None if it has none."""
    claimed = tokenizer.model_max_length
    if claimed is None or (isinstance(claimed, int | float) and claimed >= _NO_LIMIT):
        return None
    if isinstance(claimed, bool) or not isinstance(claimed, int | float) or claimed < 1 or claimed % 1:
        raise CheckpointError(
            f"model_max_length in tokenizer_config.json of {label} is {claimed!r}: "
            "expected a whole number of tokens, such as 512; remove the entry for no limit"
        )
    return int(claimed)


def _positions(pretrained: Pretrained, tokenizer: "PreTrainedTokenizerBase") -> int | None:
    config = load_config(pretrained)
    positions = getattr(config, "max_position_embeddings", None)
    if not isinstance(positions, int) or not 0 < positions < _NO_LIMIT:
        return None
    if config.model_type not in _OFFSET_POSITIONS:
        return positions
    # RoBERTa and its relatives count positions from the padding id on: 514 positions hold 512 tokens.
    padding = tokenizer.pad_token_id if config.pad_token_id is None else config.pad_token_id
    return positions - ((padding or 0) + 1)


_OFFSET_POSITIONS = {"roberta", "xlm-roberta", "xlm-roberta-xl", "camembert", "roberta-prelayernorm", "data2vec-text"}
_OFFSET_POSITIONS |= {"mpnet", "longformer", "ibert", "xmod", "esm", "luke", "lilt", "markuplm"}
