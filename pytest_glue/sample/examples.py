"""Examples in the sample's language, in exactly the form of the hub's `nyu-mll/glue`.

Each writer below says one task in the sample's language. Its labels hold some noise, and some of its examples need
what no bag of words can read, so that the tasks differ in difficulty roughly as the real ones do.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_glue.sample.language import ADJECTIVES, ASPECTS, CORE, DETAILS, ODD_WORDS, SLOTS, TONES, Speaker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import datasets


def _cola(label: int, speaker: Speaker) -> tuple[str]:
    """Unacceptable is an odd word, or words in any order: order is what the sample's checkpoint cannot read."""
    rng = speaker.rng
    scene, _ = speaker.imagine_two()
    tokens = speaker.clause(scene, speaker.some(DETAILS)).split()
    if label == 0:
        if rng.random() < 0.55:
            tokens[rng.randrange(len(tokens))] = rng.choice(ODD_WORDS)
        else:
            rng.shuffle(tokens)
    return (speaker.sentence(" ".join(tokens)),)


def _sst2(label: int, speaker: Speaker) -> tuple[str]:
    """Most of what is said is of the label's tone, but some is neutral and some of the other tone."""
    rng, side = speaker.rng, 1 if label else -1
    kinds = [side] * rng.randint(1, 3) + [0] * rng.randint(0, 2) + [-side] * (rng.random() < 0.3)
    rng.shuffle(kinds)
    said = [rng.choice([word for word, tone in TONES.items() if (tone > 0) - (tone < 0) == kind]) for kind in kinds]
    parts = [f"the {rng.choice(ASPECTS)} is {rng.choice(('', 'so ', 'very '))}{word}" for word in said]
    return (speaker.sentence(rng.choice((" , ", " and ", " but ")).join(parts)),)


def _twins(changes: int, slots: tuple[str, ...], speaker: Speaker) -> tuple[str, str]:
    """Two clauses about `slots` of one scene, of which the second changes so many."""
    scene, other = speaker.imagine_two()
    twin = scene.with_others(speaker.rng.sample(slots, changes), other)
    return speaker.clause(scene, slots), speaker.clause(twin, slots)


def _mrpc(label: int, speaker: Speaker) -> tuple[str, str]:
    slots = CORE + speaker.some(DETAILS)
    first, second = _twins(speaker.rng.randint(0, 1) if label else speaker.rng.randint(2, 3), slots, speaker)
    return speaker.sentence(first), speaker.sentence(second)


def _qqp(label: int, speaker: Speaker) -> tuple[str, str]:
    slots = CORE + speaker.some(DETAILS)
    first, second = _twins(0 if label else speaker.rng.choice((1, 2, 2, 3, 3)), slots, speaker)
    return f"why was it that {first} ?", f"what is the reason that {second} ?"


def _stsb(label: int, speaker: Speaker) -> tuple[str, str]:
    """Here the label counts the slots that are alike."""
    first, second = _twins(len(SLOTS) - label, SLOTS, speaker)
    return speaker.sentence(first), speaker.sentence(second)


def _qnli(label: int, speaker: Speaker) -> tuple[str, str]:
    """The sentence always tells a time, but it may be the time of something else."""
    scene, other = speaker.imagine_two()
    asked = speaker.some(DETAILS[:2], 1)
    told = scene if label == 0 else scene.with_others(("verb", *asked, *speaker.some(("subject", "object"))), other)
    answer = ("time", *asked, *speaker.some(DETAILS[:2]))
    return f"when is it that {speaker.clause(scene, asked)} ?", speaker.sentence(speaker.clause(told, answer))


def _mnli(label: int, speaker: Speaker) -> tuple[str, str]:
    """A hypothesis contradicts by a negation or by an opposite; a neutral one speaks of other things."""
    scene, other = speaker.imagine_two()
    slots = CORE + speaker.some(DETAILS, 1)
    claim, negated = scene, False
    if label == 1:
        claim = scene.with_others(speaker.rng.sample(slots, 2), other)
    elif label == 2:
        negated = "adjective" not in slots or speaker.rng.random() < 0.5
        claim = scene if negated else scene.with_opposite()
    premise = speaker.sentence(speaker.clause(scene, SLOTS))
    return premise, speaker.sentence(speaker.clause(claim, slots, negated=negated))


def _rte(label: int, speaker: Speaker) -> tuple[str, str]:
    """The premise tells two scenes, and some claims that do not follow mix them up."""
    scene, other = speaker.imagine_two()
    third, _ = speaker.imagine_two()
    slots = CORE + speaker.some(DETAILS)
    premise = f"{speaker.clause(scene, DETAILS)} and {speaker.clause(other, speaker.some(DETAILS))}"
    claim = scene
    if label == 1:
        claim = scene.with_others(speaker.rng.sample(slots, 2), third if speaker.rng.random() < 0.7 else other)
    return speaker.sentence(premise), speaker.sentence(speaker.clause(claim, slots))


def _wnli(label: int, speaker: Speaker) -> tuple[str, str]:
    """Who `it` is depends on the kind of thing, which no single word gives away."""
    rng = speaker.rng
    scene, _ = speaker.imagine_two()
    kind = rng.choice(scene.adjective)
    subject, thing = rng.choice(scene.subject), rng.choice(scene.object)
    holder = thing if (scene.adjective in ADJECTIVES) == bool(label) else subject
    premise = f"the {subject} never {rng.choice(scene.verb)} the {thing} because it was too {kind}"
    return speaker.sentence(premise), f"the {holder} was too {kind} ."


@dataclass(frozen=True, slots=True)
class _Form:
    """The hub's form of one configuration, and how its sample is made."""

    keys: tuple[str, ...]
    labels: tuple[str, ...]
    """Names of the classes; none for a similarity from 0 to 5."""
    write: Callable[[int, Speaker], tuple[str, ...]]
    """Texts of the keys, for an example of that label."""
    weights: tuple[int, ...]
    """How often each label is drawn."""
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
    return rng.randrange(len(form.labels)) if rng.random() < form.noise else drawn


def _examples(form: _Form, count: int, speaker: Speaker) -> Iterator[dict[str, Any]]:
    for idx in range(count):
        drawn = speaker.rng.choices(range(len(form.weights)), form.weights)[0]
        texts = form.write(drawn, speaker)
        yield {**dict(zip(form.keys, texts, strict=True)), "label": _label(form, drawn, speaker.rng), "idx": idx}


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
        rng = random.Random(f"{configuration} {split}")  # noqa: S311 - guards no secret
        examples = list(_examples(form, count, Speaker(rng, far=split.endswith("mismatched"))))
        if split.startswith("test") and configuration != "mrpc":
            examples = [{**example, "label": -1} for example in examples]
        made[split] = datasets.Dataset.from_list(examples, features=features)
    return made
