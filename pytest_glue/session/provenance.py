"""Which items take their data, task or checkpoint from a user's fixture, and how reports name the data then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_glue.session.eligibility import fixture_definition, is_overridden

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pytest

SOURCES = ("glue_data", "glue_task", "glue_checkpoint")
"""The fixtures that the header describes from the options."""


def data_description(item: pytest.Item, description: str) -> str:
    """Return the source of an item's examples for reports.

    Args:
        item: that is evaluated.
        description: of the source that the options name.
    """
    if not is_overridden(item, "glue_data"):
        return description
    definition = fixture_definition(item, "glue_data")
    if definition is not None and "glue_data" in definition.argnames:
        return f"{description}, changed by an overridden glue_data"
    return "overridden glue_data"


def provenance_notes(item: pytest.Item) -> tuple[str, ...]:
    """Return a note for each of task and checkpoint that a user's fixture provides."""
    return tuple(f"{name} is overridden" for name in SOURCES[1:] if is_overridden(item, name))


def override_lines(items: Sequence[pytest.Item]) -> list[str]:
    """Return a line for each fixture whose value is not the one that the header names."""
    lines = []
    for name in SOURCES:
        count = sum(is_overridden(item, name) for item in items)
        if count:
            what = name.removeprefix("glue_")
            lines.append(f"{name} is overridden in {count} of {len(items)} items: their {what} is not the header's")
    return lines
