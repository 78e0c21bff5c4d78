"""Cached runs and the predictions of golden examples."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from pytest_glue.cache.cached_runs import CachedRuns
from pytest_glue.cache.entry import Entry, EntryError
from tests.factories import make_entry
from tests.trainings import TrainerRunSource

RunsOf = Callable[..., CachedRuns]


def test_predictions_are_read_again(runs_of: RunsOf, trainings: TrainerRunSource) -> None:
    """A run that predicted the texts is trained once; without golden examples, it has no such predictions."""
    trained, again, plain = runs_of(golden="texts").run(1), runs_of(golden="texts").run(1), runs_of().run(1)
    assert (1.0,) == again.golden_predictions == trained.golden_predictions
    assert plain.golden_predictions is None
    assert [1] == trainings.seeds


@pytest.mark.parametrize(
    ("before", "note"), [("", "did not predict the golden examples"), ("others", "predicted other golden examples")]
)
def test_a_run_without_them_is_not_used(runs_of: RunsOf, trainings: TrainerRunSource, before: str, note: str) -> None:
    """It is trained again and replaced, with a note."""
    runs_of(golden=before).run(1)
    runs = runs_of(golden="texts")
    assert (1.0,) == runs.run(1).golden_predictions
    assert (f"the cached run of rte with seed 1 {note}; it was not used",) == runs.cache_notes
    assert runs_of(golden="texts").run(1).cached
    assert [1, 1] == trainings.seeds


def test_both_kinds_of_texts(runs_of: RunsOf, trainings: TrainerRunSource) -> None:
    """A run that predicted both serves who needs one; a run that predicted one does not serve who needs both."""
    both = {"unlabelled": "u", "golden": "g"}
    runs_of(**both).run(1)
    assert ((0.0, 1.0), None) == _of(runs_of(unlabelled="u"))
    assert (None, (1.0,)) == _of(runs_of(golden="g"))
    assert [1] == trainings.seeds
    runs_of(unlabelled="u").run(2)
    runs_of(**both).run(2)
    assert [1, 2, 2] == trainings.seeds


def _of(runs: CachedRuns) -> tuple[object, object]:
    run = runs.run(1)
    return run.unlabelled_predictions, run.golden_predictions


def test_damage_is_recognised() -> None:
    """Predictions survive; those without the identity of their texts, and classes that the task lacks, are damage."""
    entry = make_entry()
    whole = replace(entry, run=replace(entry.run, golden_predictions=(1.0, float("nan"))), golden="sha256:1")
    assert "sha256:1" == Entry.from_bytes(whole.to_bytes()).golden
    for damaged in (replace(whole, golden=""), replace(whole, run=entry.run)):
        with pytest.raises(EntryError, match="predictions of golden examples and their origin do not match"):
            Entry.from_bytes(damaged.to_bytes())
    with pytest.raises(EntryError, match=r"7\.0 is not a prediction of rte"):
        Entry.from_bytes(replace(whole, run=replace(entry.run, golden_predictions=(7.0,))).to_bytes())
