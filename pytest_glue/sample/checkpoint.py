"""A tiny encoder that stands for a pretrained one: its weights are composed, so that it reads the sample's language.

It is a BERT of two layers. The first lets each word look for a word of the same meaning, or of the opposite one, in
the other sentence; the second gathers, into [CLS], what each sentence holds of such findings and of other features.
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
"""Directions that tell meanings apart. With the others that one head reads, they fit into `WIDTH / HEADS`."""
FEATURES = ("tone", "negates", "odd", "matched", "opposed")
SPECIALS = PAD, UNK, CLS, SEP, MASK = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
CHARACTERS = "abcdefghijklmnopqrstuvwxyz0123456789!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"

WORDS = "bert.embeddings.word_embeddings.weight"
SEGMENTS = "bert.embeddings.token_type_embeddings.weight"

LOUD = 4.0
"""How far a feature that is there moves a hidden state, whose length is the root of `WIDTH`."""
SURE = 16.0
"""The attention score of two words that mean the same."""
POOLED = 5.0
"""The gain of what [CLS] gathers: a mean over a sentence is small where one word in ten matters."""
LAST_GAIN = 40.0
"""AdamW moves a weight by about its learning rate a step, whatever the gradient. At 2e-5 and a hundred steps only large
inputs let the pooler turn a feature into a decision, so the last LayerNorm makes them large."""
POOLER = 0.2
"""The size of the pooler's sums at the start: small, since a tanh that starts at its end learns nothing."""
HEAD_RANGE = 0.1
"""The standard deviation of a new classifier's weights: its logits must be able to reach a similarity of 5."""


def vocabulary() -> list[Word]:
    """What the tokenizer knows, in the order of its ids: the language's words, and pieces to spell all others."""
    known = list(words())
    taken = {word.text for word in known}
    pieces = (*CHARACTERS, *(f"##{character}" for character in CHARACTERS))
    return [*map(Word, SPECIALS), *known, *(Word(piece, piece) for piece in pieces if piece not in taken)]


class _Directions:
    """Orthonormal directions of the hidden states, by name.

    They are rows of a Hadamard matrix. Each but the first sums to zero, so that LayerNorm turns none into another, and
    each is spread evenly over all units, so that AdamW's equal steps in all weights go far along any of them.
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
    """A BERT in the making: `tensors` by name, each zero until something is written into it."""

    def __init__(self) -> None:
        import torch

        self.tensors: dict[str, torch.Tensor] = {}
        self.at = _Directions()
        self.random = torch.Generator().manual_seed(0)

    def zeros(self, name: str, *shape: int) -> torch.Tensor:
        """The tensor of that name, made where there is none yet."""
        import torch

        return self.tensors.setdefault(name, torch.zeros(shape))

    def signs(self, *shape: int) -> torch.Tensor:
        """1 and -1 by chance. Integers are drawn alike on every platform, normal deviates are not."""
        import torch

        signs: torch.Tensor = torch.randint(2, shape, generator=self.random) * 2.0 - 1
        return signs

    def linear(self, name: str, fan_in: int = WIDTH, fan_out: int = WIDTH) -> tuple[torch.Tensor, torch.Tensor]:
        """Weight (fan_out, fan_in) and bias of that layer, as they stand."""
        return self.zeros(f"{name}.weight", fan_out, fan_in), self.zeros(f"{name}.bias", fan_out)

    def norm(self, name: str, gain: float = 1.0) -> None:
        self.zeros(f"{name}.weight", WIDTH).fill_(gain)
        self.zeros(f"{name}.bias", WIDTH)


class _Head:
    """One attention head of a layer, whose rows are taken up one after the other."""

    def __init__(self, encoder: _Encoder, layer: int, head: int) -> None:
        name = f"bert.encoder.layer.{layer}.attention"
        self._query, self._query_bias = encoder.linear(f"{name}.self.query")
        self._key, _ = encoder.linear(f"{name}.self.key")
        self._value, _ = encoder.linear(f"{name}.self.value")
        self._output, _ = encoder.linear(f"{name}.output.dense")
        self._rows = itertools.count(head * WIDTH // HEADS)
        self._root = (WIDTH / HEADS) ** 0.5
        """What attention divides its scores by."""

    def compare(self, query: torch.Tensor, key: torch.Tensor, strength: float) -> None:
        """Add to the score `strength` times what one token holds along `query` and the other along `key`."""
        row = next(self._rows)
        scale = (self._root * strength) ** 0.5
        self._query[row], self._key[row] = scale * query, scale * key

    def favour(self, key: torch.Tensor, strength: float) -> None:
        """Add to the score `strength` times what the token looked at holds along `key`."""
        row = next(self._rows)
        self._query_bias[row], self._key[row] = 1.0, self._root * strength * key

    def carry(self, source: torch.Tensor, target: torch.Tensor, gain: float = 1.0) -> None:
        """What the tokens looked at hold along `source` is added along `target`."""
        row = next(self._rows)
        self._value[row], self._output[:, row] = source, gain * target


def _features(word: Word) -> dict[str, float]:
    """What a word holds along the directions of single features, from -1 to 1."""
    return {
        "content": word.concept != "",
        "tone": word.tone,
        "pole": word.pole,
        "negates": word.negates,
        "odd": word.odd,
        # Whoever finds nothing looks at [CLS], from either sentence: it takes its own segment back.
        "nothing": word.text == CLS,
        "second": word.text == CLS,
    }


def _embed(encoder: _Encoder) -> None:
    """Words of one meaning differ in a few signs of its code, those that are seldom read in more."""
    import torch

    at, known = encoder.at, vocabulary()
    codes = {word.concept: encoder.signs(MEANINGS) for word in known if word.concept}
    segments = encoder.zeros(SEGMENTS, 2, WIDTH)
    segments[0], segments[1] = -LOUD * at["second"], LOUD * at["second"]
    table = encoder.zeros(WORDS, len(known), WIDTH)
    for number, word in enumerate(known):
        for feature, amount in _features(word).items():
            table[number] += LOUD * amount * at[feature]
        if word.concept:
            code = codes[word.concept].clone()
            code[torch.randperm(MEANINGS, generator=encoder.random)[: 2 if word.familiar else 9]] *= -1
            table[number] += code @ at.meanings
        # All are equally long once their segment is added: LayerNorm leaves them as they are.
        whole = table[number] + segments[0]
        table[number] += (WIDTH - whole @ whole).sqrt() * at["rest"]
    encoder.zeros("bert.embeddings.position_embeddings.weight", LONGEST, WIDTH)
    encoder.norm("bert.embeddings.LayerNorm")


def _compare_sentences(encoder: _Encoder) -> None:
    """Layer 0: mark each word that has its like, or its opposite, in the other sentence."""
    at = encoder.at
    # A word of the other sentence scores SURE / 2, and SURE more for the same meaning, and for the pole that is sought.
    # The score of [CLS], `doubt`, lies half a SURE below what is sought and half a SURE above all else.
    for number, (feature, pole, doubt) in enumerate((("matched", 1, SURE), ("opposed", -1, 2 * SURE))):
        head = _Head(encoder, 0, number)
        for meaning in at.meanings:
            head.compare(meaning, meaning, SURE / MEANINGS)
        head.compare(at["pole"], pole * at["pole"], SURE / LOUD**2)
        head.compare(at["second"], -at["second"], SURE / 2 / LOUD**2)
        head.favour(at["nothing"], doubt / LOUD)
        head.carry(at["content"], at[feature])


def _pool_sentences(encoder: _Encoder) -> None:
    """Layer 1: one head for each sentence adds to [CLS] what the words of that sentence hold in the mean."""
    at = encoder.at
    for number, (part, side) in enumerate((("first", -1), ("second", 1))):
        head = _Head(encoder, 1, number)
        # Words without content say nothing, and would only make a mean smaller.
        head.favour(side * at["second"] + 0.6 * at["content"], SURE / 2 / LOUD)
        for feature in FEATURES:
            head.carry(at[feature], at[f"{feature} of {part}"], POOLED)
        for meaning in at.meanings:
            head.carry(meaning, meaning)


def _close_layers(encoder: _Encoder) -> None:
    """The parts around attention; feed-forward blocks start with nothing to say."""
    for layer in range(LAYERS):
        name = f"bert.encoder.layer.{layer}"
        encoder.norm(f"{name}.attention.output.LayerNorm")
        inner, _ = encoder.linear(f"{name}.intermediate.dense", WIDTH, FEED_FORWARD)
        inner += encoder.signs(FEED_FORWARD, WIDTH) * 0.02
        encoder.linear(f"{name}.output.dense", FEED_FORWARD, WIDTH)
        encoder.norm(f"{name}.output.LayerNorm", LAST_GAIN if layer == LAYERS - 1 else 1.0)
    # What [CLS] holds anyway makes its length, and so the normalisation, much the same for all sentences. The bias then
    # takes it away: 0.8 of it is left beside what was gathered, and would drown that.
    bias = encoder.tensors[f"{name}.output.LayerNorm.bias"]
    bias -= 0.8 * LAST_GAIN * (encoder.tensors[WORDS][SPECIALS.index(CLS)] + encoder.tensors[SEGMENTS][0])
    pooler, _ = encoder.linear("bert.pooler.dense")
    pooler.fill_diagonal_(POOLER / LAST_GAIN)


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
    """Write the encoder and its tokenizer into `folder`, which is made where it is missing; the same bytes each time.

    `AutoModelForSequenceClassification.from_pretrained(folder)` adds a new classifier, as to any pretrained encoder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _write_encoder(folder)
    _write_tokenizer(folder)
