"""A tiny BERT with constructed weights, in place of a pretrained encoder for the sample's synthetic language.

It has two layers. In the first, each word attends to a synonym or an antonym in the other sentence. In the second,
[CLS] collects these matches and other features of each sentence.
"""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING

from pytest_glue.sample.language import Word, words

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import torch

WIDTH = 128
HEADS = 2
LAYERS = 2
FEED_FORWARD = 64
LONGEST = 128
MEANINGS = 54
"""Number of directions that encode meanings. With its other directions, a head must fit into `WIDTH / HEADS`."""
FEATURES = ("tone", "negates", "odd", "matched", "opposed")
SPECIALS = PAD, UNK, CLS, SEP, MASK = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
CHARACTERS = "abcdefghijklmnopqrstuvwxyz0123456789!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"

WORDS = "bert.embeddings.word_embeddings.weight"
SEGMENTS = "bert.embeddings.token_type_embeddings.weight"

FEATURE_NORM = 4.0
"""Norm of a feature in a hidden state, whose norm is the square root of `WIDTH`."""
MATCH_SCORE = 16.0
"""Attention score of two synonyms."""
POOLING_GAIN = 5.0
"""Gain of the features that [CLS] collects: the mean over a sentence is small if one word in ten matters."""
LAST_GAIN = 40.0
"""Gain of the last LayerNorm. AdamW moves a weight by about its learning rate in each step. With 2e-5 and a hundred
steps, the pooler can learn a decision only from large inputs."""
POOLER_SCALE = 0.2
"""Initial size of the pooler's outputs before tanh: small, since a saturated tanh has no gradient."""
HEAD_RANGE = 0.1
"""Standard deviation of a new classifier's weights, large enough for it to reach a similarity of 5."""


def vocabulary() -> list[Word]:
    """Return the tokenizer's vocabulary by id: special tokens, the language's words, and pieces to spell all others."""
    known = list(words())
    taken = {word.text for word in known}
    pieces = (*CHARACTERS, *(f"##{character}" for character in CHARACTERS))
    return [*map(Word, SPECIALS), *known, *(Word(piece, piece) for piece in pieces if piece not in taken)]


class _Directions:
    """Orthonormal directions of the hidden states, by name.

    They are rows of a Hadamard matrix. All rows except the first sum to zero, so LayerNorm does not mix them. Each is
    spread evenly over all units, so AdamW's equal steps in all weights move far along any of them.
    """

    def __init__(self) -> None:
        import torch

        rows: torch.Tensor = torch.ones(1, 1)
        while len(rows) < WIDTH:
            rows = torch.cat((torch.cat((rows, rows), 1), torch.cat((rows, -rows), 1)))
        rows /= WIDTH**0.5
        self.meanings = rows[1 : MEANINGS + 1]
        names = (*FEATURES, "content", "pole", "second", "nothing", "rest")
        pooled = (f"{feature} of {part}" for part in ("first", "second") for feature in FEATURES)
        self._rows: dict[str, torch.Tensor] = dict(zip((*names, *pooled), rows[MEANINGS + 1 :], strict=False))

    def __getitem__(self, name: str) -> torch.Tensor:
        return self._rows[name]


class _Encoder:
    """The weights of a BERT under construction, by name, initially zero."""

    def __init__(self) -> None:
        import torch

        self.tensors: dict[str, torch.Tensor] = {}
        self.directions = _Directions()
        self.random = torch.Generator().manual_seed(0)

    def zeros(self, name: str, *shape: int) -> torch.Tensor:
        """Return the tensor of that name, and create it if it does not exist."""
        import torch

        return self.tensors.setdefault(name, torch.zeros(shape))

    def signs(self, *shape: int) -> torch.Tensor:
        """Return random signs. Random integers are the same on every platform; normal deviates are not."""
        import torch

        signs: torch.Tensor = torch.randint(2, shape, generator=self.random) * 2.0 - 1
        return signs

    def linear(self, name: str, fan_in: int = WIDTH, fan_out: int = WIDTH) -> tuple[torch.Tensor, torch.Tensor]:
        """Return weight (fan_out, fan_in) and bias of a layer, to be modified in place."""
        return self.zeros(f"{name}.weight", fan_out, fan_in), self.zeros(f"{name}.bias", fan_out)

    def norm(self, name: str, gain: float = 1.0) -> None:
        self.zeros(f"{name}.weight", WIDTH).fill_(gain)
        self.zeros(f"{name}.bias", WIDTH)


class _Head:
    """One attention head of a layer, whose rows are filled one after the other."""

    def __init__(self, encoder: _Encoder, layer: int, head: int) -> None:
        name = f"bert.encoder.layer.{layer}.attention"
        self._query, self._query_bias = encoder.linear(f"{name}.self.query")
        self._key, _ = encoder.linear(f"{name}.self.key")
        self._value, _ = encoder.linear(f"{name}.self.value")
        self._output, _ = encoder.linear(f"{name}.output.dense")
        self._rows = itertools.count(head * WIDTH // HEADS)
        self._root = (WIDTH / HEADS) ** 0.5
        """Attention divides its scores by this."""

    def compare(self, query: torch.Tensor, key: torch.Tensor, strength: float) -> None:
        """Add `strength` times the query token's component along `query` times the other's along `key` to the score."""
        row = next(self._rows)
        scale = (self._root * strength) ** 0.5
        self._query[row], self._key[row] = scale * query, scale * key

    def favour(self, key: torch.Tensor, strength: float) -> None:
        """Add `strength` times the attended token's component along `key` to the score."""
        row = next(self._rows)
        self._query_bias[row], self._key[row] = 1.0, self._root * strength * key

    def carry(self, source: torch.Tensor, target: torch.Tensor, gain: float = 1.0) -> None:
        """Add the attended tokens' component along `source` to the output along `target`."""
        row = next(self._rows)
        self._value[row], self._output[:, row] = source, gain * target


def _features(word: Word) -> dict[str, float]:
    """Return the values of a word's features, from -1 to 1."""
    return {
        "content": word.concept != "",
        "tone": word.tone,
        "pole": word.pole,
        "negates": word.negates,
        "odd": word.odd,
        # A word without a match in the other sentence attends to [CLS], which cancels its own segment for this.
        "nothing": word.text == CLS,
        "second": word.text == CLS,
    }


def _embed(encoder: _Encoder) -> None:
    """Write the embeddings. Synonyms differ in a few signs of a common code, rare words in more signs."""
    import torch

    directions, known = encoder.directions, vocabulary()
    codes = {word.concept: encoder.signs(MEANINGS) for word in known if word.concept}
    segments = encoder.zeros(SEGMENTS, 2, WIDTH)
    segments[0], segments[1] = -FEATURE_NORM * directions["second"], FEATURE_NORM * directions["second"]
    table = encoder.zeros(WORDS, len(known), WIDTH)
    for number, word in enumerate(known):
        for feature, amount in _features(word).items():
            table[number] += FEATURE_NORM * amount * directions[feature]
        if word.concept:
            code = codes[word.concept].clone()
            code[torch.randperm(MEANINGS, generator=encoder.random)[: 2 if word.familiar else 9]] *= -1
            table[number] += code @ directions.meanings
        # With its segment, each embedding has the same norm, so LayerNorm does not change it.
        whole = table[number] + segments[0]
        table[number] += (WIDTH - whole @ whole).sqrt() * directions["rest"]
    encoder.zeros("bert.embeddings.position_embeddings.weight", LONGEST, WIDTH)
    encoder.norm("bert.embeddings.LayerNorm")


def _compare_sentences(encoder: _Encoder) -> None:
    """Write layer 0, which marks each word that has a synonym or an antonym in the other sentence."""
    directions = encoder.directions
    # A word of the other sentence scores MATCH_SCORE / 2, plus MATCH_SCORE each for the same meaning and the wanted
    # pole. The score of [CLS], `no_match`, is MATCH_SCORE / 2 below a match and MATCH_SCORE / 2 above all else.
    for number, (feature, pole, no_match) in enumerate((("matched", 1, MATCH_SCORE), ("opposed", -1, 2 * MATCH_SCORE))):
        head = _Head(encoder, 0, number)
        for meaning in directions.meanings:
            head.compare(meaning, meaning, MATCH_SCORE / MEANINGS)
        head.compare(directions["pole"], pole * directions["pole"], MATCH_SCORE / FEATURE_NORM**2)
        head.compare(directions["second"], -directions["second"], MATCH_SCORE / 2 / FEATURE_NORM**2)
        head.favour(directions["nothing"], no_match / FEATURE_NORM)
        head.carry(directions["content"], directions[feature])


def _pool_sentences(encoder: _Encoder) -> None:
    """Write layer 1, in which one head for each sentence adds the mean features of its words to [CLS]."""
    directions = encoder.directions
    for number, (part, side) in enumerate((("first", -1), ("second", 1))):
        head = _Head(encoder, 1, number)
        # Function words have no features and would only make the mean smaller.
        head.favour(side * directions["second"] + 0.6 * directions["content"], MATCH_SCORE / 2 / FEATURE_NORM)
        for feature in FEATURES:
            head.carry(directions[feature], directions[f"{feature} of {part}"], POOLING_GAIN)
        for meaning in directions.meanings:
            head.carry(meaning, meaning)


def _close_layers(encoder: _Encoder) -> None:
    """Write the parts around attention. The output of feed-forward blocks is initially zero."""
    for layer in range(LAYERS):
        name = f"bert.encoder.layer.{layer}"
        encoder.norm(f"{name}.attention.output.LayerNorm")
        inner, _ = encoder.linear(f"{name}.intermediate.dense", WIDTH, FEED_FORWARD)
        inner += encoder.signs(FEED_FORWARD, WIDTH) * 0.02
        encoder.linear(f"{name}.output.dense", FEED_FORWARD, WIDTH)
        encoder.norm(f"{name}.output.LayerNorm", LAST_GAIN if layer == LAYERS - 1 else 1.0)
    # The embedding of [CLS] dominates its hidden state, so the normalisation is about the same for all sentences. The
    # bias subtracts what is left of the embedding, about 0.8 of it, which would otherwise dominate the features.
    bias = encoder.tensors[f"{name}.output.LayerNorm.bias"]
    bias -= 0.8 * LAST_GAIN * (encoder.tensors[WORDS][SPECIALS.index(CLS)] + encoder.tensors[SEGMENTS][0])
    pooler, _ = encoder.linear("bert.pooler.dense")
    pooler.fill_diagonal_(POOLER_SCALE / LAST_GAIN)


def _write_json(path: Path, content: Mapping[str, object]) -> None:
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def _write_encoder(folder: Path) -> None:
    from safetensors.torch import save_file

    encoder = _Encoder()
    for compose in (_embed, _compare_sentences, _pool_sentences, _close_layers):
        compose(encoder)
    save_file(encoder.tensors, folder / "model.safetensors", metadata={"format": "pt"})
    config = {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "vocab_size": len(vocabulary()),
        "hidden_size": WIDTH,
        "num_attention_heads": HEADS,
        "num_hidden_layers": LAYERS,
        "intermediate_size": FEED_FORWARD,
        "max_position_embeddings": LONGEST,
        "initializer_range": HEAD_RANGE,
    }
    _write_json(folder / "config.json", config)


def _write_tokenizer(folder: Path) -> None:
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

    ids = {word.text: number for number, word in enumerate(vocabulary())}
    tokenizer = Tokenizer(models.WordPiece(ids, unk_token=UNK))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing((SEP, ids[SEP]), (CLS, ids[CLS]))
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.add_special_tokens(list(SPECIALS))
    tokenizer.save(str(folder / "tokenizer.json"))
    config = {
        "tokenizer_class": "PreTrainedTokenizerFast",  # transformers 4 and 5 both know it
        "model_max_length": LONGEST,
        "model_input_names": ["input_ids", "token_type_ids", "attention_mask"],
        **{f"{special.strip('[]').lower()}_token": special for special in SPECIALS},
    }
    _write_json(folder / "tokenizer_config.json", config)


def write_sample_checkpoint(folder: Path) -> None:
    """Write encoder and tokenizer into a folder, always the same bytes; create the folder if it does not exist.

    `AutoModelForSequenceClassification.from_pretrained(folder)` adds a new classifier, as to any pretrained encoder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _write_encoder(folder)
    _write_tokenizer(folder)
