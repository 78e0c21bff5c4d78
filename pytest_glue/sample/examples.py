"""Synthetic examples of each GLUE task, with the schema of the hub's `nyu-mll/glue`.

Each function below generates the texts of one task. Labels have noise, and a bag of words cannot solve some of the
examples, so that the difficulty of the tasks differs roughly as in GLUE.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_glue.sample.language import ADJECTIVES, ASPECTS, CORE, DETAILS, ODD_WORDS, SLOTS, TONES, TextGenerator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import datasets


def _cola(label: int, generator: TextGenerator) -> tuple[str]:
    """An unacceptable sentence has an ungrammatical word or a random word order, which the checkpoint cannot see."""
    rng = generator.rng
    scene, _ = generator.two_scenes()
    tokens = generator.clause(scene, generator.random_slots(DETAILS)).split()
    if label == 0:
        if rng.random() < 0.55:
            tokens[rng.randrange(len(tokens))] = rng.choice(ODD_WORDS)
        else:
            rng.shuffle(tokens)
    return (generator.sentence(" ".join(tokens)),)


def _sst2(label: int, generator: TextGenerator) -> tuple[str]:
    """Most adjectives have the label's sentiment; some are neutral and some have the opposite sentiment."""
    rng, side = generator.rng, 1 if label else -1
    kinds = [side] * rng.randint(1, 3) + [0] * rng.randint(0, 2) + [-side] * (rng.random() < 0.3)
    rng.shuffle(kinds)
    words = [rng.choice([word for word, tone in TONES.items() if (tone > 0) - (tone < 0) == kind]) for kind in kinds]
    parts = [f"the {rng.choice(ASPECTS)} is {rng.choice(('', 'so ', 'very '))}{word}" for word in words]
    return (generator.sentence(rng.choice((" , ", " and ", " but ")).join(parts)),)


def _clause_pair(changes: int, slots: tuple[str, ...], generator: TextGenerator) -> tuple[str, str]:
    """Return two clauses about the `slots` of a scene; the second has `changes` slots of another scene."""
    scene, other = generator.two_scenes()
    changed = scene.with_others(generator.rng.sample(slots, changes), other)
    return generator.clause(scene, slots), generator.clause(changed, slots)


def _mrpc(label: int, generator: TextGenerator) -> tuple[str, str]:
    slots = CORE + generator.random_slots(DETAILS)
    first, second = _clause_pair(
        generator.rng.randint(0, 1) if label else generator.rng.randint(2, 3), slots, generator
    )
    return generator.sentence(first), generator.sentence(second)


def _qqp(label: int, generator: TextGenerator) -> tuple[str, str]:
    slots = CORE + generator.random_slots(DETAILS)
    first, second = _clause_pair(0 if label else generator.rng.choice((1, 2, 2, 3, 3)), slots, generator)
    return f"why was it that {first} ?", f"what is the reason that {second} ?"


def _stsb(label: int, generator: TextGenerator) -> tuple[str, str]:
    """The label is the number of equal slots."""
    first, second = _clause_pair(len(SLOTS) - label, SLOTS, generator)
    return generator.sentence(first), generator.sentence(second)


def _qnli(label: int, generator: TextGenerator) -> tuple[str, str]:
    """The sentence always states a time, but possibly that of another event."""
    scene, other = generator.two_scenes()
    asked = generator.random_slots(DETAILS[:2], 1)
    told = (
        scene
        if label == 0
        else scene.with_others(("verb", *asked, *generator.random_slots(("subject", "object"))), other)
    )
    answer = ("time", *asked, *generator.random_slots(DETAILS[:2]))
    return f"when is it that {generator.clause(scene, asked)} ?", generator.sentence(generator.clause(told, answer))


def _mnli(label: int, generator: TextGenerator) -> tuple[str, str]:
    """A contradiction has a negation or an opposite adjective; a neutral hypothesis has two other slots."""
    scene, other = generator.two_scenes()
    slots = CORE + generator.random_slots(DETAILS, 1)
    claim, negated = scene, False
    if label == 1:
        claim = scene.with_others(generator.rng.sample(slots, 2), other)
    elif label == 2:
        negated = "adjective" not in slots or generator.rng.random() < 0.5
        claim = scene if negated else scene.with_opposite()
    premise = generator.sentence(generator.clause(scene, SLOTS))
    return premise, generator.sentence(generator.clause(claim, slots, negated=negated))


def _rte(label: int, generator: TextGenerator) -> tuple[str, str]:
    """The premise describes two scenes, which some hypotheses that do not follow confuse."""
    scene, other = generator.two_scenes()
    third, _ = generator.two_scenes()
    slots = CORE + generator.random_slots(DETAILS)
    premise = f"{generator.clause(scene, DETAILS)} and {generator.clause(other, generator.random_slots(DETAILS))}"
    claim = scene
    if label == 1:
        claim = scene.with_others(generator.rng.sample(slots, 2), third if generator.rng.random() < 0.7 else other)
    return generator.sentence(premise), generator.sentence(generator.clause(claim, slots))


def _wnli(label: int, generator: TextGenerator) -> tuple[str, str]:
    """The referent of `it` depends on the adjective, and no single word reveals the label."""
    rng = generator.rng
    scene, _ = generator.two_scenes()
    kind = rng.choice(scene.adjective)
    subject, thing = rng.choice(scene.subject), rng.choice(scene.object)
    holder = thing if (scene.adjective in ADJECTIVES) == bool(label) else subject
    premise = f"the {subject} never {rng.choice(scene.verb)} the {thing} because it was too {kind}"
    return generator.sentence(premise), f"the {holder} was too {kind} ."


@dataclass(frozen=True, slots=True)
class _TaskSpec:
    """The hub's schema of one configuration, and how its examples are generated."""

    columns: tuple[str, ...]
    labels: tuple[str, ...]
    """Names of the classes; empty for a similarity from 0 to 5."""
    generate: Callable[[int, TextGenerator], tuple[str, ...]]
    """Returns the texts of an example with that label."""
    weights: tuple[int, ...]
    """Relative frequency of each label."""
    noise: float
    """Share of labels that are replaced by random ones; for a similarity, the standard deviation of added noise."""
    train: int = 400
    validation: int = 240
    test: int = 96


_SAME = ("entailment", "not_entailment")
_PAIR = ("sentence1", "sentence2")
_TASKS = {
    "cola": _TaskSpec(("sentence",), ("unacceptable", "acceptable"), _cola, (3, 7), 0.16),
    "mnli": _TaskSpec(("premise", "hypothesis"), ("entailment", "neutral", "contradiction"), _mnli, (1, 1, 1), 0.1),
    "mrpc": _TaskSpec(_PAIR, ("not_equivalent", "equivalent"), _mrpc, (1, 2), 0.06),
    "qnli": _TaskSpec(("question", "sentence"), _SAME, _qnli, (1, 1), 0.14),
    "qqp": _TaskSpec(("question1", "question2"), ("not_duplicate", "duplicate"), _qqp, (63, 37), 0.1),
    "rte": _TaskSpec(_PAIR, _SAME, _rte, (1, 1), 0.2),
    "sst2": _TaskSpec(("sentence",), ("negative", "positive"), _sst2, (1, 1), 0.06),
    "stsb": _TaskSpec(_PAIR, (), _stsb, (1,) * (len(SLOTS) + 1), 0.8),
    "wnli": _TaskSpec(_PAIR, tuple(reversed(_SAME)), _wnli, (1, 1), 0.0, train=160, validation=71),
}


def _label(spec: _TaskSpec, drawn: int, rng: random.Random) -> int | float:
    """Return the label with noise for an example that was generated for the label `drawn`."""
    if not spec.labels:
        similarity = 5 * drawn / len(SLOTS) + rng.gauss(0, spec.noise)
        return round(min(5.0, max(0.0, similarity)), 1)
    return rng.randrange(len(spec.labels)) if rng.random() < spec.noise else drawn


def _examples(spec: _TaskSpec, count: int, generator: TextGenerator) -> Iterator[dict[str, Any]]:
    for idx in range(count):
        drawn = generator.rng.choices(range(len(spec.weights)), spec.weights)[0]
        texts = spec.generate(drawn, generator)
        yield {**dict(zip(spec.columns, texts, strict=True)), "label": _label(spec, drawn, generator.rng), "idx": idx}


def _splits(configuration: str, spec: _TaskSpec) -> dict[str, int]:
    if configuration != "mnli":
        return {"train": spec.train, "validation": spec.validation, "test": spec.test}
    halves = ("matched", "mismatched")
    return {
        "train": spec.train,
        **{f"validation_{half}": spec.validation for half in halves},
        **{f"test_{half}": spec.test for half in halves},
    }


def sample_dataset(configuration: str) -> datasets.DatasetDict:
    """Return the data of one GLUE configuration, always the same, with the hub's splits, columns and features.

    As on the hub, the labels of test splits are -1, except in `mrpc`.

    Raises:
        ValueError: there is no such configuration.
    """
    import datasets

    if configuration not in _TASKS:
        raise ValueError(f"no GLUE configuration {configuration!r}; the sample has {', '.join(_TASKS)}")
    spec = _TASKS[configuration]
    features = datasets.Features(
        {key: datasets.Value("string") for key in spec.columns}
        | {"label": datasets.ClassLabel(names=list(spec.labels)) if spec.labels else datasets.Value("float32")}
        | {"idx": datasets.Value("int32")}
    )
    data = datasets.DatasetDict()
    for split, count in _splits(configuration, spec).items():
        # `Random` hashes a text seed independently of PYTHONHASHSEED and platform.
        rng = random.Random(f"{configuration} {split}")  # noqa: S311 - not for cryptography
        examples = list(_examples(spec, count, TextGenerator(rng, rare=split.endswith("mismatched"))))
        if split.startswith("test") and configuration != "mrpc":
            examples = [{**example, "label": -1} for example in examples]
        data[split] = datasets.Dataset.from_list(examples, features=features)
    return data
