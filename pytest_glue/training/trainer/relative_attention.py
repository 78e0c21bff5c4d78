"""Parts of models that look at positions, for sequences that lie end to end.

transformers lets the attention of most models be replaced. MPNet and DeBERTa have their own, which adds to each score a
term for the distance of the two tokens. Convolutions reach over the ends of sequences, too.
"""

import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

import torch

from pytest_glue.training.trainer.packed_attention import LENGTHS, DotProductAttention, within_sequences

Replacement = Callable[..., Any]
"""Takes the module, its usual method, and the arguments of that."""


def _mpnet(module: Any, usual: Any, *args: Any, **named: Any) -> tuple[torch.Tensor]:
    given = inspect.signature(usual).bind(*args, **named).arguments
    states, bias = given["hidden_states"], given["position_bias"]
    heads = [_heads(linear(states), module.num_attention_heads) for linear in (module.q, module.k, module.v)]
    attend = DotProductAttention(module.dropout.p if module.training else 0.0)

    def with_bias(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
        length = query.shape[2]
        return attend(query, key, value, bias[:, :, :length, :length])

    return (module.o(within_sequences(heads, with_bias).flatten(2)),)


def _deberta(module: Any, usual: Any, *args: Any, **named: Any) -> tuple[torch.Tensor, None]:
    given = inspect.signature(usual).bind(*args, **named).arguments
    if given.get("query_states") is not None or given.get("output_attentions"):
        raise ValueError("the attention of the last layer is computed again, or returned")
    linear = (module.query_proj, module.key_proj, module.value_proj)
    heads = [_heads(each(given["hidden_states"]), module.num_attention_heads) for each in linear]
    terms = 1 + ("c2p" in module.pos_att_type) + ("p2c" in module.pos_att_type)
    scale = (module.attention_head_size * terms) ** -0.5
    attend = DotProductAttention(module.dropout.p if module.training else 0.0, scale)
    has_distances = module.relative_attention
    by_distance = _by_distance(module, given["rel_embeddings"], given["relative_pos"]) if has_distances else {}

    def with_bias(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
        bias = []  # of each pair of tokens, from the distances c2p and p2c of DeBERTa's paper
        if "c2p" in by_distance:
            bias.append(_by_pair(query, by_distance["c2p"]))
        if "p2c" in by_distance:
            bias.append(_by_pair(key, by_distance["p2c"]).transpose(2, 3))
        return attend(query, key, value, sum(bias[1:], bias[0]) * scale if bias else None)

    return within_sequences(heads, with_bias).flatten(2), None


def _by_distance(module: Any, embeddings: torch.Tensor, relative: torch.Tensor) -> dict[str, torch.Tensor]:
    """Return the keys (c2p) and queries (p2c) of distances between two tokens of a sequence.

    Each is of shape (heads, 2 * longest - 1, size). The first row is of the token that is farthest before the other.

    Args:
        module: DeBERTa's attention.
        embeddings: of buckets of distances.
        relative: buckets of the distances in the longest sequence, of shape (1, longest, longest).
    """
    span, embeddings = module.pos_ebd_size, module.pos_dropout(embeddings)
    buckets = torch.cat([relative[0, :, 0].flip(0), relative[0, 0, 1:]])  # from longest - 1 to 1 - longest
    found = {}
    for term, kind, sign in (("c2p", "key", 1), ("p2c", "query", -1)):
        if term in module.pos_att_type:
            linear = getattr(module, f"{kind}_proj" if module.share_att_key else f"pos_{kind}_proj")
            rows = (sign * buckets + span).clamp(0, 2 * span - 1)
            used, inverse = rows.unique(return_inverse=True)
            found[term] = _heads(linear(embeddings[used]), module.num_attention_heads)[:, inverse]
    return found


def _by_pair(states: torch.Tensor, by_distance: torch.Tensor) -> torch.Tensor:
    """Return the products of each token with its distance from each token, of shape (..., length, length).

    Args:
        states: of shape (..., length, size).
        by_distance: of the longest sequence, as `_by_distance` returns them.
    """
    length, middle = states.shape[-2], by_distance.shape[1] // 2
    scores = states @ by_distance[:, middle - length + 1 : middle + length].transpose(1, 2)
    if length == 1:
        return scores
    # Row i needs its columns from length - 1 - i on: in the flat scores, each row starts one column earlier.
    width = 2 * length - 2
    flat = scores.flatten(-2)[..., length - 1 : length - 1 + length * width]
    return flat.view(*flat.shape[:-1], length, width)[..., :length]


def _longest(_: Any, usual: Any, states: torch.Tensor, *args: Any, **named: Any) -> Any:
    """Compute what depends on distances only for the longest sequence."""
    return usual(states[:, : max(LENGTHS.get())], *args, **named)


def _spaced(module: torch.nn.Conv1d, usual: Any, states: torch.Tensor) -> torch.Tensor:
    """Convolve states of shape (1, size, total), with as much padding between sequences as before the first."""
    gap = module.kernel_size[0] - 1
    lengths = torch.tensor(LENGTHS.get(), device=states.device)
    owner = torch.arange(len(lengths), device=states.device).repeat_interleave(lengths)
    places = torch.arange(len(owner), device=states.device) + gap * owner
    spaced = states.new_zeros(*states.shape[:2], int(places[-1]) + 1).index_copy(2, places, states)
    convolved: torch.Tensor = usual(spaced)
    return convolved.index_select(2, places)


_FAMILIES = "transformers.models."
_ATTENTIONS: Mapping[str, Replacement] = {
    f"{_FAMILIES}mpnet.modeling_mpnet.MPNetSelfAttention": _mpnet,
    f"{_FAMILIES}deberta_v2.modeling_deberta_v2.DisentangledSelfAttention": _deberta,
}
_METHODS: Mapping[str, Mapping[str, Replacement]] = {
    **{name: {"forward": attention} for name, attention in _ATTENTIONS.items()},
    f"{_FAMILIES}mpnet.modeling_mpnet.MPNetEncoder": {"compute_position_bias": _longest},
    f"{_FAMILIES}deberta_v2.modeling_deberta_v2.DebertaV2Encoder": {
        "get_rel_pos": _longest,
        "get_attention_mask": lambda _, __, mask: mask,  # of each pair of tokens, which nothing uses
    },
    "torch.nn.modules.conv.Conv1d": {"forward": _spaced},
}


def has_known_attention(model: torch.nn.Module) -> bool:
    """Return whether the model's attention is one of those that are replaced here."""
    return any(_name(module) in _ATTENTIONS for module in model.modules())


@contextmanager
def known_parts_replaced(model: torch.nn.Module) -> Iterator[None]:
    """Let the parts that look at positions take sequences that lie end to end."""
    replaced = [
        (module, name, partial(replacement, module, getattr(module, name)))
        for module in model.modules()
        for name, replacement in _METHODS.get(_name(module), {}).items()
    ]
    for module, name, method in replaced:
        setattr(module, name, method)
    try:
        yield
    finally:
        for module, name, _ in replaced:
            delattr(module, name)


def _name(module: torch.nn.Module) -> str:
    return f"{type(module).__module__}.{type(module).__qualname__}"


def _heads(states: torch.Tensor, heads: int) -> torch.Tensor:
    """Return states of shape (..., heads, total, size) from those of shape (..., total, heads * size)."""
    return states.reshape(*states.shape[:-1], heads, -1).transpose(-2, -3)
