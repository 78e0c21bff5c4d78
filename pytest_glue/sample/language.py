"""A small made-up language: its words and what they mean, and the sentences that say one scene in many ways."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterator
from dataclasses import dataclass, fields, replace
from typing import TypeAlias

Concept: TypeAlias = tuple[str, ...]
"""Words that mean the same."""


def _concepts(text: str) -> tuple[Concept, ...]:
    return tuple(tuple(synonyms.split("/")) for synonyms in text.split())


NOUNS = _concepts(
    "cook/chef doctor/physician child/kid teacher/tutor driver/chauffeur thief/robber lawyer/attorney farmer/grower "
    "car/automobile house/home boat/ship picture/image gift/present bag/sack coat/jacket rock/stone "
    "movie/film letter/note phone/telephone lamp/light rug/carpet couch/sofa cup/mug knife/blade"
)
VERBS = _concepts(
    "cleaned/washed fixed/repaired wanted/desired followed/trailed obtained/gained picked/selected "
    "mentioned/discussed owned/possessed watched/inspected lifted/hoisted pulled/dragged painted/colored"
)
ADJECTIVES = _concepts("large/big warm/hot new/modern heavy/weighty wet/damp loud/noisy bright/clear costly/expensive")
OPPOSITES = _concepts("small/little cold/chilly old/ancient slight/slim dry/arid quiet/silent dim/dark cheap/budget")
PLACES = _concepts("river/stream hill/mound town/city forest/woods shop/store office/bureau garden/yard shore/beach")
TIMES = _concepts(
    "monday/mon friday/fri dawn/daybreak dusk/nightfall noon/midday autumn/fall winter/yule spring/easter"
)
FAR_NOUNS = _concepts(
    "monk/friar sailor/mariner knight/cavalier clerk/scribe herald/envoy tailor/clothier "
    "lute/cittern goblet/chalice dagger/dirk scroll/parchment anvil/stithy lantern/cresset"
)
FAR_PLACES = _concepts("abbey/cloister wharf/quay moor/heath keep/citadel tavern/alehouse crypt/vault")
ASPECTS = tuple("plot acting dialogue ending music pace cast script story scenery".split())
TONES: dict[str, float] = {
    **dict.fromkeys("wonderful superb charming delightful brilliant moving".split(), 1.0),
    **dict.fromkeys("pleasant funny solid fresh tender clever".split(), 0.5),
    **dict.fromkeys("strange long serious simple familiar unusual".split(), 0.0),
    **dict.fromkeys("slow uneven thin stale shallow predictable".split(), -0.5),
    **dict.fromkeys("dreadful tedious clumsy dull awful lifeless".split(), -1.0),
}
ODD_WORDS = tuple("childs goed mouses teached gooder themself footses hisself runned mores".split())
NEGATIONS = ("not", "never", "nobody")
OPENINGS = ("they said that", "the report says that", "it seems that", "we heard that", "as you know ,", "in short ,")
FUNCTION_WORDS = tuple(
    "a about after again all also an and any are as at be because been before being but by can could did do does "
    "every for from had has have he her him his how i if in into is it its just know me more most much my "
    "near no of on one only or other our out over said says seems she short so some such than that the their them "
    "then there these they this those to too up very was we were heard report what when where which who whom whose "
    "why will with would yes you your".split()
)


@dataclass(frozen=True, slots=True)
class Word:
    """One word, and what a reader of the language knows about it."""

    text: str
    concept: str = ""
    """Words of one concept mean the same; empty for words without a meaning of their own, such as `the`."""
    pole: int = 0
    """1 or -1 for the opposites that share a concept, 0 for a word without an opposite."""
    tone: float = 0.0
    """From -1, harsh, to 1, warm."""
    negates: bool = False
    odd: bool = False
    """No speaker would say it: `childs`."""
    familiar: bool = True
    """Of a word that is seldom read it is less clear which others mean the same."""


def words() -> Iterator[Word]:
    """Every word of the language, once, in an order that never changes."""
    for concepts, familiar in ((NOUNS + VERBS + PLACES + TIMES, True), (FAR_NOUNS + FAR_PLACES, False)):
        yield from (Word(text, concept[0], familiar=familiar) for concept in concepts for text in concept)
    for adjective, opposite in zip(ADJECTIVES, OPPOSITES, strict=True):
        yield from (Word(text, adjective[0], pole=1) for text in adjective)
        yield from (Word(text, adjective[0], pole=-1) for text in opposite)
    yield from (Word(text, text, tone=tone) for text, tone in TONES.items())
    yield from (Word(text, text) for text in ASPECTS)
    yield from (Word(text, text, odd=True) for text in ODD_WORDS)
    yield from (Word(text, text, negates=True) for text in NEGATIONS)
    yield from (Word(text) for text in FUNCTION_WORDS)


@dataclass(frozen=True, slots=True)
class Scene:
    """What a sentence says: somebody did something with a thing of some kind, somewhere, at some time."""

    subject: Concept
    verb: Concept
    object: Concept
    adjective: Concept
    place: Concept
    time: Concept

    def with_others(self, slots: Collection[str], other: Scene) -> Scene:
        """The same scene, but for `slots`, which are as in `other`."""
        return replace(self, **{slot: getattr(other, slot) for slot in slots})

    def with_opposite(self) -> Scene:
        """The same scene with a thing of the opposite kind."""
        pairs = zip(ADJECTIVES + OPPOSITES, OPPOSITES + ADJECTIVES, strict=True)
        return replace(self, adjective=dict(pairs)[self.adjective])


SLOTS = tuple(field.name for field in fields(Scene))
CORE = SLOTS[:3]
DETAILS = SLOTS[3:]


def imagine_two(rng: random.Random, *, far: bool = False) -> tuple[Scene, Scene]:
    """Two scenes that have nothing in common; `far` ones are about things that are seldom talked about."""
    nouns = rng.sample(FAR_NOUNS if far else NOUNS, 4)
    verbs = rng.sample(VERBS, 2)
    kinds = [rng.choice(pair) for pair in rng.sample(tuple(zip(ADJECTIVES, OPPOSITES, strict=True)), 2)]
    places = rng.sample(FAR_PLACES if far else PLACES, 2)
    times = rng.sample(TIMES, 2)
    first = Scene(nouns[0], verbs[0], nouns[1], kinds[0], places[0], times[0])
    return first, Scene(nouns[2], verbs[1], nouns[3], kinds[1], places[1], times[1])


def clause(scene: Scene, slots: Collection[str], rng: random.Random, *, negated: bool = False) -> str:
    """The scene in words, each picked among its synonyms; of the details only those in `slots` are told."""
    say = {slot: rng.choice(getattr(scene, slot)) for slot in SLOTS}
    kind = f"{say['adjective']} " if "adjective" in slots else ""
    never = "never " if negated else ""
    place = f" near the {say['place']}" if "place" in slots else ""
    time = f" in the {say['time']}" if "time" in slots else ""
    return f"the {say['subject']} {never}{say['verb']} the {kind}{say['object']}{place}{time}"
