"""A small synthetic language: its words with their meanings, and sentences that describe a scene in many ways."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import random
    from collections.abc import Collection, Iterator

Concept: TypeAlias = tuple[str, ...]
"""A set of synonyms."""


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
RARE_PEOPLE = _concepts("monk/friar sailor/mariner knight/cavalier clerk/scribe herald/envoy tailor/clothier")
RARE_THINGS = _concepts("lute/cittern goblet/chalice dagger/dirk scroll/parchment anvil/stithy lantern/cresset")
RARE_PLACES = _concepts("abbey/cloister wharf/quay moor/heath keep/citadel tavern/alehouse crypt/vault")
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
    """A word and its meaning."""

    text: str
    concept: str = ""
    """Words with the same concept are synonyms; empty for function words, such as `the`."""
    pole: int = 0
    """1 or -1 for opposites, which share a concept; 0 for a word without an opposite."""
    tone: float = 0.0
    """Sentiment, from -1 (negative) to 1 (positive)."""
    negates: bool = False
    odd: bool = False
    """Whether the word is ungrammatical, such as `childs`."""
    familiar: bool = True
    """False for a rare word, whose embedding resembles those of its synonyms less."""


def words() -> Iterator[Word]:
    """Yield each word of the language once, always in the same order."""
    common, rare = PEOPLE + THINGS + VERBS + PLACES + TIMES, RARE_PEOPLE + RARE_THINGS + RARE_PLACES
    for concepts, familiar in ((common, True), (rare, False)):
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
    """The content of a sentence: who did what with which kind of thing, where and when."""

    subject: Concept
    verb: Concept
    object: Concept
    adjective: Concept
    place: Concept
    time: Concept

    def with_others(self, slots: Collection[str], other: Scene) -> Scene:
        """Return this scene with the `slots` of another scene."""
        return replace(self, **{slot: getattr(other, slot) for slot in slots})

    def with_opposite(self) -> Scene:
        """Return this scene with the opposite adjective."""
        pairs = zip(ADJECTIVES + OPPOSITES, OPPOSITES + ADJECTIVES, strict=True)
        return replace(self, adjective=dict(pairs)[self.adjective])


SLOTS = tuple(field.name for field in fields(Scene))
CORE = SLOTS[:3]
DETAILS = SLOTS[3:]


@dataclass(frozen=True, slots=True)
class TextGenerator:
    """Generates random scenes and the texts that describe them."""

    rng: random.Random
    rare: bool = False
    """Whether scenes have rare people, things and places."""

    def two_scenes(self) -> tuple[Scene, Scene]:
        """Return two scenes that differ in every slot."""
        rng = self.rng
        people, things, places = (RARE_PEOPLE, RARE_THINGS, RARE_PLACES) if self.rare else (PEOPLE, THINGS, PLACES)
        kinds = [rng.choice(pair) for pair in rng.sample(tuple(zip(ADJECTIVES, OPPOSITES, strict=True)), 2)]
        who, did, what, where, when = (rng.sample(slot, 2) for slot in (people, VERBS, things, places, TIMES))
        first, second = (Scene(*slots) for slots in zip(who, did, what, kinds, where, when, strict=True))
        return first, second

    def random_slots(self, slots: tuple[str, ...], least: int = 0) -> tuple[str, ...]:
        """Return a random selection of at least `least` slots."""
        return tuple(self.rng.sample(slots, self.rng.randint(least, len(slots))))

    def clause(self, scene: Scene, slots: Collection[str], *, negated: bool = False) -> str:
        """Return a clause about the scene, with random synonyms, and with those details that are in `slots`."""
        chosen = {slot: self.rng.choice(getattr(scene, slot)) for slot in SLOTS}
        kind = f"{chosen['adjective']} " if "adjective" in slots else ""
        never = "never " if negated else ""
        place = f" near the {chosen['place']}" if "place" in slots else ""
        time = f" around {chosen['time']}" if "time" in slots else ""
        return f"the {chosen['subject']} {never}{chosen['verb']} the {kind}{chosen['object']}{place}{time}"

    def sentence(self, clause: str) -> str:
        """Return the clause as a sentence with up to two random openings."""
        openings = self.rng.sample(OPENINGS, self.rng.choice((0, 0, 0, 1, 1, 2)))
        return " ".join((*openings, clause, "."))
