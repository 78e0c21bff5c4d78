"""Texts of flipped examples, which a page may show and the JSON report does not hold."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class FlippedTexts:
    """Of one item."""

    by_example: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    """One or two texts of each example, by its index."""
    problem: str = ""
    """Why there are none; empty if there are."""
