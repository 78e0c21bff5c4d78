"""A small synthetic language: its words and what they mean, and the sentences that say one scene in many ways."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import random
    from collections.abc import Collection, Iterator

Concept: TypeAlias = tuple[str, ...]
"""Words that mean the same."""


def _texts(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _concepts(text: str) -> tuple[Concept, ...]:
    return tuple(tuple(synonyms.split("/")) for synonyms in text.split())


PEOPLE = _concepts(
    "cook/chef doctor/physician child/kid teacher/tutor driver/chauffeur thief/robber lawyer/attorney farmer/grower"
)
THINGS = _concepts(
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
TIMES = _concepts("dawn/daybreak dusk/nightfall noon/midday lunch/lunchtime autumn/fall winter/yule spring/easter")
FAR_PEOPLE = _concepts("monk/friar sailor/mariner knight/cavalier clerk/scribe herald/envoy tailor/clothier")
FAR_THINGS = _concepts("lute/cittern goblet/chalice dagger/dirk scroll/parchment anvil/stithy lantern/cresset")
FAR_PLACES = _concepts("abbey/cloister wharf/quay moor/heath keep/citadel tavern/alehouse crypt/vault")
ASPECTS = _texts("plot acting dialogue ending music pace cast script story scenery")
TONES: dict[str, float] = {
    **dict.fromkeys(_texts("wonderful superb charming delightful brilliant moving"), 1.0),
    **dict.fromkeys(_texts("pleasant funny solid fresh tender clever"), 0.5),
    **dict.fromkeys(_texts("strange long serious simple familiar unusual"), 0.0),
    **dict.fromkeys(_texts("slow uneven thin stale shallow predictable"), -0.5),
    **dict.fromkeys(_texts("dreadful tedious clumsy dull awful lifeless"), -1.0),
}
ODD_WORDS = _texts("childs goed mouses teached gooder themself footses hisself runned mores")
NEGATIONS = ("not", "never", "nobody")
OPENINGS = ("they said that", "the report says that", "it seems that", "we heard that", "as you know ,", "in short ,")
FUNCTION_WORDS = _texts(
    "a about after again all also an and any are around as at be because been before being but by can could did do "
    "does every for from had has have he her him his how i if in into is it its just know me more most much my "
    "near no of on one only or other our out over said says seems she short so some such than that the their them "
    "then there these they this those to too up very was we were heard what when where which who whom whose "
    "why reason report will with would you your"
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
    near, far = PEOPLE + THINGS + VERBS + PLACES + TIMES, FAR_PEOPLE + FAR_THINGS + FAR_PLACES
    for concepts, familiar in ((near, True), (far, False)):
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


@dataclass(frozen=True, slots=True)
class Speaker:
    """Imagines scenes and puts them into words, all by chance."""

    rng: random.Random
    far: bool = False
    """Whether the talk is of things that are seldom talked about."""

    def imagine_two(self) -> tuple[Scene, Scene]:
        """Two scenes that have nothing in common."""
        rng = self.rng
        people, things, places = (FAR_PEOPLE, FAR_THINGS, FAR_PLACES) if self.far else (PEOPLE, THINGS, PLACES)
        kinds = [rng.choice(pair) for pair in rng.sample(tuple(zip(ADJECTIVES, OPPOSITES, strict=True)), 2)]
        who, did, what, where, when = (rng.sample(slot, 2) for slot in (people, VERBS, things, places, TIMES))
        first, second = (Scene(*said) for said in zip(who, did, what, kinds, where, when, strict=True))
        return first, second

    def some(self, slots: tuple[str, ...], least: int = 0) -> tuple[str, ...]:
        """At least so many of the slots."""
        return tuple(self.rng.sample(slots, self.rng.randint(least, len(slots))))

    def clause(self, scene: Scene, slots: Collection[str], *, negated: bool = False) -> str:
        """The scene in words, each picked among its synonyms; of the details only those in `slots` are told."""
        say = {slot: self.rng.choice(getattr(scene, slot)) for slot in SLOTS}
        kind = f"{say['adjective']} " if "adjective" in slots else ""
        never = "never " if negated else ""
        place = f" near the {say['place']}" if "place" in slots else ""
        time = f" around {say['time']}" if "time" in slots else ""
        return f"the {say['subject']} {never}{say['verb']} the {kind}{say['object']}{place}{time}"

    def sentence(self, clause: str) -> str:
        """The clause between a full stop and up to two openings."""
        openings = self.rng.sample(OPENINGS, self.rng.choice((0, 0, 0, 1, 1, 2)))
        return " ".join((*openings, clause, "."))
