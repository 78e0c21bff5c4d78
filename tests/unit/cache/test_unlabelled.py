"""Cached runs and the predictions of unlabelled texts that `--glue-certify` needs."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from pytest_glue.cache.cached_runs import CachedRuns
from pytest_glue.cache.entry import Entry, EntryError
from pytest_glue.core.choices import CachePolicy
from pytest_glue.core.errors import CacheError
from tests.factories import DIGEST, make_entry
from tests.trainings import TrainerRunSource

RunsOf = Callable[..., CachedRuns]


def certified() -> Entry:
    """Return an entry whose run predicted three unlabelled texts."""
    entry = make_entry()
    run = replace(entry.run, unlabelled_predictions=(0.0, 1.0, 1.0))
    return replace(
        entry, run=run, conditions=replace(entry.conditions, unlabelled_digest=DIGEST), unlabelled="a folder"
    )


def test_predictions_are_read_again(runs_of: RunsOf, trainings: TrainerRunSource) -> None:
    """A run that predicted the texts is trained once."""
    trained, again = runs_of(unlabelled="texts").run(1), runs_of(unlabelled="texts").run(1)
    assert (0.0, 1.0) == again.unlabelled_predictions == trained.unlabelled_predictions
    assert [1] == trainings.seeds


@pytest.mark.parametrize(
    ("before", "note"), [("", "did not predict the unlabelled texts"), ("others", "predicted other unlabelled texts")]
)
def test_a_run_without_them_is_not_used(runs_of: RunsOf, trainings: TrainerRunSource, before: str, note: str) -> None:
    """It is trained again and replaced, with a note; the new one serves both."""
    runs_of(unlabelled=before).run(1)
    certifying = runs_of(unlabelled="texts")
    assert (0.0, 1.0) == certifying.run(1).unlabelled_predictions
    assert (f"the cached run of rte with seed 1 {note}; it was not used",) == certifying.cache_notes
    assert runs_of(unlabelled="texts").run(1).cached
    assert runs_of().run(1).cached
    assert [1, 1] == trainings.seeds


def test_without_a_certificate_a_run_has_no_such_predictions(runs_of: RunsOf) -> None:
    """A run is the same whether the cached one predicted unlabelled texts or not."""
    runs_of(unlabelled="texts").run(1)
    plain = runs_of()
    assert plain.run(1).unlabelled_predictions is None
    assert plain.conditions.unlabelled_digest is None


def test_nothing_is_trained_without_leave(runs_of: RunsOf) -> None:
    """With `--glue-cache=only` the error says what the cached run lacks."""
    runs_of().run(1)
    with pytest.raises(CacheError, match="it has this run, which did not predict the texts that are needed"):
        runs_of(CachePolicy.ONLY, unlabelled="texts").run(1)


def test_round_trip() -> None:
    """Predictions, the digest of the texts and their identity survive."""
    entry = certified()
    again = Entry.from_bytes(entry.to_bytes())
    assert (entry.run, entry.conditions, "a folder") == (again.run, again.conditions, again.unlabelled)


def test_parts_that_do_not_match() -> None:
    """Predictions without the digest of their texts, and classes that the task lacks, are damage."""
    entry = certified()
    for damaged in (
        replace(entry, unlabelled=""),
        replace(entry, conditions=replace(entry.conditions, unlabelled_digest=None)),
        replace(entry, run=replace(entry.run, unlabelled_predictions=None)),
    ):
        with pytest.raises(EntryError, match="predictions of unlabelled text and their origin do not match"):
            Entry.from_bytes(damaged.to_bytes())
    with pytest.raises(EntryError, match=r"7\.0 is not a prediction of rte"):
        Entry.from_bytes(replace(entry, run=replace(entry.run, unlabelled_predictions=(7.0,))).to_bytes())
