"""Cached runs and the predictions of the leaderboard's texts that `--glue-submission` needs."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from pytest_glue.cache.cached_runs import CachedRuns
from pytest_glue.cache.entry import Entry, EntryError
from pytest_glue.core.choices import CachePolicy
from pytest_glue.core.errors import CacheError
from tests.factories import make_entry
from tests.trainings import TrainerRunSource

RunsOf = Callable[..., CachedRuns]
PREDICTIONS = {"RTE.tsv": (1.0, 0.0)}


def submitted() -> Entry:
    """Return an entry whose run predicted two texts of the leaderboard."""
    entry = make_entry()
    return replace(entry, run=replace(entry.run, test_predictions=PREDICTIONS), submission="a folder")


def test_predictions_are_read_again(runs_of: RunsOf, trainings: TrainerRunSource) -> None:
    """A run that predicted the texts is trained once."""
    trained, again = runs_of(submission="texts").run(1), runs_of(submission="texts").run(1)
    assert PREDICTIONS == again.test_predictions == trained.test_predictions
    assert [1] == trainings.seeds


@pytest.mark.parametrize(
    ("before", "note"),
    [
        ("", "did not predict the texts of the leaderboard"),
        ("others", "predicted other texts of the leaderboard"),
    ],
)
def test_a_run_without_them_is_not_used(runs_of: RunsOf, trainings: TrainerRunSource, before: str, note: str) -> None:
    """It is trained again and replaced, with a note; the new one serves both."""
    runs_of(submission=before).run(1)
    submitting = runs_of(submission="texts")
    assert PREDICTIONS == submitting.run(1).test_predictions
    assert (f"the cached run of rte with seed 1 {note}; it was not used",) == submitting.cache_notes
    assert runs_of(submission="texts").run(1).cached
    plain = runs_of().run(1)
    assert (True, None) == (plain.cached, plain.test_predictions)
    assert [1, 1] == trainings.seeds


def test_nothing_is_trained_without_leave(runs_of: RunsOf) -> None:
    """With `--glue-cache=only` the error says what the cached run lacks."""
    runs_of().run(1)
    with pytest.raises(
        CacheError, match=r"did not predict the texts that are needed .of --glue-certify or --glue-submission"
    ):
        runs_of(CachePolicy.ONLY, submission="texts").run(1)


def test_round_trip() -> None:
    """Predictions and the identity of their texts survive."""
    entry = submitted()
    again = Entry.from_bytes(entry.to_bytes())
    assert (entry.run, "a folder") == (again.run, again.submission)


def test_parts_that_do_not_match() -> None:
    """Predictions without their origin, and classes that the task lacks, are damage."""
    entry = submitted()
    for damaged in (replace(entry, submission=""), replace(entry, run=replace(entry.run, test_predictions=None))):
        with pytest.raises(EntryError, match="predictions of the leaderboard's texts and their origin do not match"):
            Entry.from_bytes(damaged.to_bytes())
    with pytest.raises(EntryError, match=r"7\.0 is not a prediction of rte"):
        Entry.from_bytes(replace(entry, run=replace(entry.run, test_predictions={"RTE.tsv": (7.0,)})).to_bytes())
