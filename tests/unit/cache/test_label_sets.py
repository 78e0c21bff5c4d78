"""Cache entries of runs that predict sets of labels."""

from dataclasses import asdict, replace

import pytest

from pytest_glue.cache.entry import Entry, EntryError
from pytest_glue.core.tasks import GLUE, Kind
from tests.factories import make_entry

TOPICS = replace(GLUE["rte"], name="topics", labels=("a", "b", "c"), kind=Kind.MULTI_LABEL)


def entry(*predictions: float) -> bytes:
    """Return the bytes of an entry with these predictions, two of which are right."""
    found = make_entry()
    key = replace(found.key, task=asdict(TOPICS))
    run = replace(found.run, predictions=predictions)
    return replace(found, key=key, run=run, conditions=replace(found.conditions, references=(5.0, 0.0, 7.0))).to_bytes()


def test_sets_are_numbers_whose_bits_are_labels() -> None:
    assert (5.0, 0.0, 6.0) == Entry.from_bytes(entry(5.0, 0.0, 6.0)).run.predictions


@pytest.mark.parametrize("number", [8.0, -1.0, 0.5])
def test_other_numbers_are_refused(number: float) -> None:
    with pytest.raises(EntryError, match=rf"is damaged: {number} is not a prediction of topics"):
        Entry.from_bytes(entry(5.0, 0.0, number))
