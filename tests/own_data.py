"""Data of three own tasks, in the sample's language, so that the sample's checkpoint can learn them."""

import csv
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from pytest_glue.sample.language import ASPECTS, PEOPLE, THINGS, TONES, VERBS

TEAMS = ("billing", "delivery", "outage", "returns", "sales")
TOPICS = ("clothes", "home", "travel")
LANGUAGES = ("de", "en")
SIZES = {"train": 240, "validation": 100}
_NOISE = 0.06
"""The share of examples with the texts of another label, so that no score is perfect."""

_THINGS_OF = {name: [word for concept in THINGS[i::5] for word in concept] for i, name in enumerate(TEAMS)}
_TOPIC_WORDS = {name: [word for concept in THINGS[i::3] for word in concept] for i, name in enumerate(TOPICS)}


def write_tickets(folder: Path, sizes: dict[str, int] | None = None) -> None:
    """Write a CSV file for each split: five classes by the thing of a sentence, with two languages."""
    for split, size in (sizes or SIZES).items():
        with (folder / f"{split}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["message", "team", "language"])
            writer.writerows(_tickets(size, random.Random(f"tickets {split}")))  # noqa: S311 - no cryptography


def _tickets(size: int, rng: random.Random) -> Iterator[tuple[str, str, str]]:
    for index in range(size):
        team = TEAMS[index % len(TEAMS)]
        meant = team if index >= _NOISE * size else TEAMS[index % len(TEAMS) - 1]
        yield _sentence(rng, [rng.choice(_THINGS_OF[meant])]), team, rng.choice(LANGUAGES)


def write_urgency(folder: Path) -> None:
    """Write JSON lines for each split: a number that the tone of an adjective tells."""
    for split, size in SIZES.items():
        rng = random.Random(f"urgency {split}")  # noqa: S311
        rows = []
        for _ in range(size):
            word = rng.choice(list(TONES))
            level = round(3 + 2 * TONES[word] + rng.uniform(-0.5, 0.5), 2)
            message = f"the {rng.choice(ASPECTS)} is {word} ."
            rows.append({"message": message, "level": level, "language": rng.choice(LANGUAGES)})
        _write_lines(folder / f"{split}.jsonl", rows)


def write_topics(folder: Path) -> None:
    """Write JSON lines for each split: any of three topics, by the things of a sentence."""
    for split, size in SIZES.items():
        rng = random.Random(f"topics {split}")  # noqa: S311
        rows = []
        for index in range(size):
            topics = sorted(rng.sample(TOPICS, rng.choice((1, 1, 2))))
            meant = topics if index >= _NOISE * size else [topic for topic in TOPICS if topic not in topics]
            message = _sentence(rng, [rng.choice(_TOPIC_WORDS[topic]) for topic in meant])
            rows.append({"message": message, "topics": topics, "language": rng.choice(LANGUAGES)})
        _write_lines(folder / f"{split}.jsonl", rows)


def _sentence(rng: random.Random, things: Sequence[str]) -> str:
    person, verb = rng.choice(rng.choice(PEOPLE)), rng.choice(rng.choice(VERBS))
    return f"the {person} {verb} {' and '.join(f'the {thing}' for thing in things)} ."


def _write_lines(path: Path, rows: Sequence[Mapping[str, object]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
