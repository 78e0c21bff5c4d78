"""Texts of examples, which a page may show and the JSON report does not hold."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ExampleTexts:
    """Of some examples of one item."""

    by_example: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    """One or two texts of each example, by its index."""
    problem: str = ""
    """Why there are none; empty if there are."""


@dataclass(frozen=True, slots=True)
class ItemTexts:
    """Of one item."""

    flipped: ExampleTexts = ExampleTexts()
    """Of the evaluation examples that got worse."""
    golden: ExampleTexts = ExampleTexts()
    """Of the golden examples that a run predicts wrong."""
