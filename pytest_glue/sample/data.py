"""Examples in the sample's language, in exactly the form of the hub's `nyu-mll/glue`.

Each writer below says one task in the sample's language. Its labels hold some noise, and some of its examples need
what no bag of words can read, so that the tasks differ in difficulty roughly as the real ones do.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from pytest_glue.sample.language import (
    ADJECTIVES,
    ASPECTS,
    CORE,
    DETAILS,
    ODD_WORDS,
    OPENINGS,
    SLOTS,
    TONES,
    clause,
    imagine_two,
)

if TYPE_CHECKING:
    import datasets

Writer: TypeAlias = Callable[[int, random.Random, bool], tuple[str, ...]]
"""(label, source of chance, whether the topic is a far one) to the text of each sentence key."""


def _sentence(text: str, rng: random.Random) -> str:
    openings = rng.sample(OPENINGS, rng.choice((0, 0, 0, 1, 1, 2)))
    return " ".join((*openings, text, "."))


def _some(slots: tuple[str, ...], rng: random.Random, least: int = 0, most: int = 99) -> tuple[str, ...]:
    count = rng.randint(least, min(most, len(slots)))
    return tuple(rng.sample(slots, count))


def _cola(label: int, rng: random.Random, far: bool) -> tuple[str, ...]:
    scene, _ = imagine_two(rng, far=far)
    tokens = clause(scene, _some(DETAILS, rng), rng).split()
    if label == 0:
        if rng.random() < 0.55:
            tokens[rng.randrange(len(tokens))] = rng.choice(ODD_WORDS)
        else:
            rng.shuffle(tokens)
    return (_sentence(" ".join(tokens), rng),)


def _sst2(label: int, rng: random.Random, far: bool) -> tuple[str, ...]:
    side = 1 if label else -1
    kinds = [side] * rng.randint(1, 3) + [0] * rng.randint(0, 2) + [-side] * (rng.random() < 0.3)
    rng.shuffle(kinds)
    said = [rng.choice([w for w, tone in TONES.items() if (tone > 0) - (tone < 0) == kind]) for kind in kinds]
    parts = [f"the {rng.choice(ASPECTS)} is {rng.choice(('', 'so ', 'very '))}{word}" for word in said]
    return (_sentence(rng.choice((" , ", " and ", " but ")).join(parts), rng),)


def _changed(count: int, mention: tuple[str, ...], rng: random.Random, far: bool) -> tuple[str, str]:
    scene, other = imagine_two(rng, far=far)
    twin = scene.with_others(rng.sample(mention, count), other)
    return clause(scene, mention, rng), clause(twin, mention, rng)


def _mrpc(label: int, rng: random.Random, far: bool) -> tuple[str, ...]:
    mention = CORE + _some(DETAILS, rng)
    count = rng.randint(0, 1) if label else rng.randint(2, 3)
    first, second = _changed(count, mention, rng, far)
    return _sentence(first, rng), _sentence(second, rng)


def _qqp(label: int, rng: random.Random, far: bool) -> tuple[str, ...]:
    mention = CORE + _some(DETAILS, rng)
    first, second = _changed(0 if label else rng.choice((1, 2, 2, 3, 3)), mention, rng, far)
    return f"why was it that {first} ?", f"what is the reason that {second} ?"


def _stsb(label: int, rng: random.Random, far: bool) -> tuple[str, ...]:
    first, second = _changed(len(SLOTS) - label, SLOTS, rng, far)
    return _sentence(first, rng), _sentence(second, rng)


def _qnli(label: int, rng: random.Random, far: bool) -> tuple[str, ...]:
    scene, other = imagine_two(rng, far=far)
    asked = _some(DETAILS, rng, 1, 2)
    told = scene if label == 0 else scene.with_others(("verb", *asked, *_some(("subject", "object"), rng)), other)
    return f"when is it that {clause(scene, asked, rng)} ?", _sentence(clause(told, DETAILS, rng), rng)


def _mnli(label: int, rng: random.Random, far: bool) -> tuple[str, ...]:
    scene, other = imagine_two(rng, far=far)
    mention = CORE + _some(DETAILS, rng, 1)
    claim, negated = scene, False
    if label == 1:
        claim = scene.with_others(rng.sample(mention, 2), other)
    elif label == 2:
        negated = "adjective" not in mention or rng.random() < 0.5
        claim = scene if negated else scene.with_opposite()
    return _sentence(clause(scene, SLOTS, rng), rng), _sentence(clause(claim, mention, rng, negated=negated), rng)


def _rte(label: int, rng: random.Random, far: bool) -> tuple[str, ...]:
    scene, other = imagine_two(rng, far=far)
    third, _ = imagine_two(rng, far=far)
    mention = CORE + _some(DETAILS, rng)
    premise = f"{clause(scene, DETAILS, rng)} and {clause(other, _some(DETAILS, rng), rng)}"
    claim = scene if label == 0 else scene.with_others(rng.sample(mention, 2), third if rng.random() < 0.7 else other)
    return _sentence(premise, rng), _sentence(clause(claim, mention, rng), rng)


def _wnli(label: int, rng: random.Random, far: bool) -> tuple[str, ...]:
    scene, _ = imagine_two(rng, far=far)
    kind = rng.choice(scene.adjective)
    subject, thing = rng.choice(scene.subject), rng.choice(scene.object)
    holder = thing if (scene.adjective in ADJECTIVES) == bool(label) else subject
    premise = f"the {subject} never {rng.choice(scene.verb)} the {thing} because it was too {kind} ."
    return premise, f"the {holder} was too {kind} ."


@dataclass(frozen=True, slots=True)
class _Form:
    """The hub's form of one configuration, and how its sample is made."""

    keys: tuple[str, ...]
    labels: tuple[str, ...]
    """Names of the classes; none for a similarity from 0 to 5."""
    write: Writer
    weights: tuple[int, ...]
    noise: float
    """Share of labels that are drawn afresh; for a similarity, the standard deviation of what is added."""
    train: int = 400
    validation: int = 240
    test: int = 96


_SAME = ("entailment", "not_entailment")
_PAIR = ("sentence1", "sentence2")
_FORMS = {
    "cola": _Form(("sentence",), ("unacceptable", "acceptable"), _cola, (3, 7), 0.16),
    "mnli": _Form(("premise", "hypothesis"), ("entailment", "neutral", "contradiction"), _mnli, (1, 1, 1), 0.1),
    "mrpc": _Form(_PAIR, ("not_equivalent", "equivalent"), _mrpc, (1, 2), 0.06),
    "qnli": _Form(("question", "sentence"), _SAME, _qnli, (1, 1), 0.14),
    "qqp": _Form(("question1", "question2"), ("not_duplicate", "duplicate"), _qqp, (63, 37), 0.1),
    "rte": _Form(_PAIR, _SAME, _rte, (1, 1), 0.2),
    "sst2": _Form(("sentence",), ("negative", "positive"), _sst2, (1, 1), 0.06),
    "stsb": _Form(_PAIR, (), _stsb, (1,) * (len(SLOTS) + 1), 0.8),
    "wnli": _Form(_PAIR, tuple(reversed(_SAME)), _wnli, (1, 1), 0.0, train=160, validation=71),
}


def _label(form: _Form, drawn: int, rng: random.Random) -> int | float:
    """The label that is written beside an example of the label `drawn`."""
    if not form.labels:
        similarity = 5 * drawn / len(SLOTS) + rng.gauss(0, form.noise)
        return round(min(5.0, max(0.0, similarity)), 1)
    return rng.choice(range(len(form.labels))) if rng.random() < form.noise else drawn


def _examples(form: _Form, count: int, rng: random.Random, *, far: bool) -> Iterator[dict[str, Any]]:
    for idx in range(count):
        drawn = rng.choices(range(len(form.weights)), form.weights)[0]
        texts = form.write(drawn, rng, far)
        yield {**dict(zip(form.keys, texts, strict=True)), "label": _label(form, drawn, rng), "idx": idx}


def _splits(configuration: str, form: _Form) -> dict[str, int]:
    if configuration != "mnli":
        return {"train": form.train, "validation": form.validation, "test": form.test}
    halves = ("matched", "mismatched")
    return {
        "train": form.train,
        **{f"validation_{half}": form.validation for half in halves},
        **{f"test_{half}": form.test for half in halves},
    }


def sample_dataset(configuration: str) -> datasets.DatasetDict:
    """The sample of one GLUE configuration, always the same, with the hub's splits, columns and features.

    As on the hub, the labels of a test split are withheld (-1), but for `mrpc`.

    Raises:
        ValueError: there is no such configuration.
    """
    import datasets

    if configuration not in _FORMS:
        raise ValueError(f"no GLUE configuration {configuration!r}; the sample has {', '.join(_FORMS)}")
    form = _FORMS[configuration]
    features = datasets.Features(
        {key: datasets.Value("string") for key in form.keys}
        | {"label": datasets.ClassLabel(names=list(form.labels)) if form.labels else datasets.Value("float32")}
        | {"idx": datasets.Value("int32")}
    )
    made = datasets.DatasetDict()
    for split, count in _splits(configuration, form).items():
        # Seeded with a text, `Random` hashes it itself: the same examples in every process and on every platform.
        rng = random.Random(f"{configuration} {split}")
        examples = list(_examples(form, count, rng, far=split.endswith("mismatched")))
        if split.startswith("test") and configuration != "mrpc":
            examples = [{**example, "label": -1} for example in examples]
        made[split] = datasets.Dataset.from_list(examples, features=features)
    return made
