"""Series: which records are compared, and what is said to have changed."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pytest_glue.config.options import Options
from pytest_glue.core.checkpoints import Checkpoint, Origin
from pytest_glue.core.repository import RepositoryState
from pytest_glue.history.baseline_use import baseline_use
from pytest_glue.history.record import Record
from pytest_glue.history.series import Series, differences, series_of
from pytest_glue.history.storage import HistoryFile
from tests.factories import make_evaluation, make_record, make_study

NOISE = (0.004, -0.006, 0.002, 0.007, -0.003, 0.001, -0.005, 0.006, 0.003, -0.002)


def levels(*parts: tuple[float, int]) -> list[Record]:
    """Return records around each level, as many as are asked for."""
    scores = [level for level, count in parts for _ in range(count)]
    return [make_record(number, score + NOISE[number % 10]) for number, score in enumerate(scores)]


def of(**changes: Any) -> Record:
    """Return the record of an evaluation."""
    options = Options(**changes.pop("options", {}))
    return Record.of(make_evaluation(**changes), options, RepositoryState(), "run", "2026-01-01T00:00:00Z")


@pytest.mark.parametrize(
    "change",
    [
        {"recipe": {"num_train_epochs": 2}},
        {"data_digest": f"sha256:{'2' * 64}"},
        {"n_train": 2000},
        {"headline_metric": "f1"},
        {"evaluate_only": True},
        {"options": {"max_length": 64}},
        {"nodeid": "suites/test_glue.py::test_other[rte-a-b]"},
        {"checkpoint": Checkpoint("a/c", Origin.HUB)},
        {"terms": make_study().terms},
    ],
)
def test_what_is_not_comparable(change: dict[str, Any]) -> None:
    """Such records are in series of their own."""
    assert len(series_of([of(), of(**change)])) == 2


@pytest.mark.parametrize(
    "change",
    [
        {"checkpoint": Checkpoint("a/b", Origin.HUB, "main", f"sha256:{'3' * 64}")},
        {"recipe": {"num_train_epochs": 1, "logging_steps": 7}},
        {"device": "cuda:0"},
        {"options": {"threshold": {("rte", "accuracy"): 0.9}}},
    ],
)
def test_what_a_history_is_for(change: dict[str, Any]) -> None:
    """Other files under the same name, another machine or another threshold stay in the series."""
    assert len(series_of([of(), of(**change)])) == 1


def test_a_role_holds_folders_together() -> None:
    """The checkpoint of a role has another folder after each training."""
    folders = [Checkpoint(f"./models/{name}", Origin.FOLDER, role="candidate") for name in "ab"]
    assert len(series_of([of(checkpoint=each) for each in folders])) == 1


def test_searched_values_are_results() -> None:
    """Series of a search do not depend on what it found, only on how it searched."""
    terms = make_study().terms
    found = [of(terms=terms, recipe={"num_train_epochs": 1, "learning_rate": rate}) for rate in (1e-5, 2e-5)]
    assert len(series_of(found)) == 1


def test_what_keeps_series_apart() -> None:
    """It is named."""
    here, there = (Series((of(**change),)) for change in ({}, {"recipe": {"num_train_epochs": 2}, "n_train": 9}))
    assert ["n train 9 instead of 2490", "recipe's num_train_epochs 2 instead of 1"] == differences(here, there)


def test_a_drop_between_commits() -> None:
    """The range is given by the last record that is before it and the first that is after."""
    (series,) = series_of(levels((0.70, 12), (0.64, 9)))
    (change,) = series.changes(0.05)
    assert change.likely == series.records[12]
    assert change.before.time <= series.records[11].time
    assert change.after.time >= series.records[12].time
    assert change.is_worse
    assert (change.score_before, change.score_after) == pytest.approx((0.70, 0.64), abs=0.003)


def test_where_lower_is_better() -> None:
    """A rise is worse."""
    records = [replace(each, greater_is_better=False) for each in levels((0.30, 10), (0.40, 10))]
    (change,) = Series(tuple(records)).changes(0.05)
    assert change.is_worse


def test_repeats_are_no_evidence() -> None:
    """The same files with the same scores are one result, however often they are read from the cache."""
    first, second = make_record(0, 0.70), make_record(1, 0.64)
    records = [replace(first, test_run=f"a{n}") for n in range(20)] + [
        replace(second, test_run=f"b{n}") for n in range(20)
    ]
    series = Series(tuple(records))
    assert [20, 20] == [len(each.records) for each in series.measurements]
    assert series.changes(0.05) == []


def test_runs_that_are_repeated_but_for_rounding() -> None:
    """Results that differ far less than their seeds do are no fresh draws; results like those of other seeds are."""

    def spread(record: Record, deviation: float) -> Record:
        scores = [record.score or 0.0] * 3
        pairs = zip(record.runs, (-deviation, 0.0, deviation), scores, strict=True)
        return replace(record, runs=[{**run, "metrics": {"accuracy": score + step}} for run, step, score in pairs])

    records = levels((0.70, 20))
    assert Series(tuple(spread(each, 0.04) for each in records)).varies_less_than_seeds
    assert not Series(tuple(spread(each, 0.008) for each in records)).varies_less_than_seeds
    assert not Series(tuple(records)).varies_less_than_seeds
    assert not Series(
        tuple(make_record(number, 0.7 + NOISE[number % 10], 1) for number in range(20))
    ).varies_less_than_seeds


def test_runs_that_failed_to_train() -> None:
    """They are left out, as in a comparison with a baseline, unless every run failed."""
    record = make_record()
    failed = [{**run, "failed": run["seed"] == 43, "metrics": {"accuracy": run["seed"] / 100}} for run in record.runs]
    (some,) = Series((replace(record, runs=failed),)).measurements
    assert some.scores == (0.42, 0.44)
    (all_of_them,) = Series((replace(record, runs=[{**run, "failed": True} for run in record.runs]),)).measurements
    assert all_of_them.scores == (record.score,)


def test_a_test_in_a_folder_with_brackets() -> None:
    """Parameters are what follows the name of the test."""
    assert make_record(nodeid="a[1]/test_b.py::TestC::test_d[rte-x::y]").test == "a[1]/test_b.py::TestC::test_d"


def test_scores_that_are_not_tested() -> None:
    """Undefined ones, and those of runs that were stopped early, which are bounds."""
    stopped = make_record(2)
    stopped = replace(stopped, runs=[{**run, "stopped": True} for run in stopped.runs])
    assert len(Series((make_record(0), make_record(1, score=None), stopped)).measurements) == 1


def test_the_baseline_of_an_item() -> None:
    """It is that of the newest comparison; one that was recorded at another time is another one."""
    main = {"name": "main", "baseline_score": 0.65, "recorded_at": "2026-01-01T00:00:00+00:00"}
    compared = [make_record(number, baseline=main) for number in (3, 4)]
    use = baseline_use([make_record(1), *compared])
    assert use is not None
    assert (use.recorded_at, use.first, use.n_compared) == (main["recorded_at"], compared[0], 2)
    later = baseline_use([*compared, make_record(5, baseline={"name": "main", "baseline_score": 0.65})])
    assert later is not None
    assert (later.recorded_at, later.n_compared) == (None, 1)
    assert baseline_use([make_record()]) is None


def test_no_secret_is_recorded() -> None:
    """Neither in the recipe nor in addresses."""
    record = of(recipe={"hub_token": "hf_secret"}, data="postgres://me:secret@host/db")
    assert "secret" not in repr(record)


def test_numbers_that_json_does_not_have(tmp_path: Path) -> None:
    """Infinite scores are undefined; in a recipe they are texts."""
    record = of(headline_metric="mse", score=float("inf"), recipe={"max_grad_norm": float("inf")})
    assert (record.score, record.recipe["max_grad_norm"]) == (None, "Infinity")
    HistoryFile(tmp_path / "h.sqlite").append([record])


def test_what_changed_too() -> None:
    """Files, versions and device that differ between the ends of the range are named; others are not."""
    records = levels((0.70, 12), (0.64, 9))
    new = {"torch": "9.9", "numpy": "1"}
    records = [
        replace(each, digest="sha256:1", versions={"torch": "9.8", "numpy": "1"} if number < 12 else new)
        for number, each in enumerate(records)
    ]
    (change,) = Series(tuple(records)).changes(0.05)
    assert ["torch (9.8 to 9.9)"] == change.others
    moved = replace(change, after=replace(change.after, device="cuda:0", digest="sha256:2"))
    assert ["the files of the checkpoint", "torch (9.8 to 9.9)", "the device (cpu to cuda:0)"] == moved.others
