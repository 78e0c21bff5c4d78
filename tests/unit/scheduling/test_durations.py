"""Recorded durations of items, cached between test runs."""

import json
from typing import Any

import pytest

from pytest_glue.config.options import Options
from pytest_glue.core.checkpoints import Checkpoint
from pytest_glue.core.evaluation import Evaluation
from pytest_glue.core.study import SearchConfig, Study
from pytest_glue.scheduling.cost_model import RecordedDuration, estimate, specs_by_nodeid
from pytest_glue.scheduling.durations import KEY, expected, record, recorded
from tests.factories import make_evaluation, make_run

OPTIONS = Options(checkpoints=(Checkpoint.parse("sample"),), data="sample")
RTE, COLA = "test_suite.py::test_glue[rte-sample]", "test_suite.py::test_glue[cola-sample]"


@pytest.fixture
def config(pytester: pytest.Pytester) -> pytest.Config:
    """The configuration of a test run with an empty cache."""
    return pytester.parseconfigure()


def found(nodeid: str, *seconds: float, search: Study | None = None, **of_runs: Any) -> Evaluation:
    """Return an evaluation of an item with runs of these durations."""
    runs = [make_run(seed=seed, duration_s=each, **of_runs) for seed, each in enumerate(seconds)]
    return make_evaluation(runs, nodeid=nodeid, study=search, duration_s=1000.0)


def test_trained_runs_are_recorded(config: pytest.Config) -> None:
    """An item's record is the sum of its runs, and its expected duration next time."""
    record(config, OPTIONS, [found(RTE, 40, 30)])

    assert 70 == expected(config, {RTE: OPTIONS})[RTE]
    assert 70 == recorded(config)[RTE].trained_s


@pytest.mark.parametrize("changes", [{"cached": True}, {"stopped": True}])
def test_cached_and_stopped_runs_are_not_recorded(config: pytest.Config, changes: dict[str, Any]) -> None:
    """Runs from the cache, or that stopped early, leave earlier records unchanged."""
    record(config, OPTIONS, [found(RTE, 40)])
    record(config, OPTIONS, [found(RTE, 5, **changes), found(COLA, 5, **changes)])
    assert {RTE: 40} == {nodeid: each.trained_s for nodeid, each in recorded(config).items()}


def test_records_add_up(config: pytest.Config) -> None:
    """A test run keeps the records of other items and replaces those of its own."""
    for nodeid, seconds in ((RTE, 40), (COLA, 20), (RTE, 30)):
        record(config, OPTIONS, [found(nodeid, seconds)])
    assert {RTE: 30, COLA: 20} == {nodeid: each.trained_s for nodeid, each in recorded(config).items()}


def test_items_without_a_record_are_scaled(config: pytest.Config) -> None:
    """The estimate of an item that never ran is scaled by the ratio of those that did."""
    asked = {RTE: OPTIONS, COLA: OPTIONS}
    estimates = {nodeid: estimate(target) for nodeid, target in specs_by_nodeid(asked).items()}
    record(config, OPTIONS, [found(RTE, 3 * estimates[RTE])])
    assert pytest.approx(3 * estimates[COLA]) == expected(config, asked)[COLA]


def test_a_search_counts(config: pytest.Config) -> None:
    """The duration of an item includes that of its search."""
    study = Study(SearchConfig("optuna", 1, 0.1, "held-out", {}), "", "", "accuracy", 1, 1, 42, (), {}, 60.0)
    record(config, OPTIONS, [found(RTE, 40, search=study)])
    assert 100 == recorded(config)[RTE].trained_s


@pytest.mark.parametrize("entry", [[1], {RTE: 1}, {RTE: {}}, {RTE: {"estimated_s": "x", "trained_s": 1}}])
def test_a_damaged_cache_is_an_empty_one(config: pytest.Config, entry: Any) -> None:
    """An entry that cannot be read is ignored and replaced."""
    assert config.cache is not None
    config.cache.set(KEY, entry)
    assert {} == recorded(config)
    record(config, OPTIONS, [found(RTE, 40)])
    assert 40 == recorded(config)[RTE].trained_s


def test_without_a_cache_nothing_is_recorded(pytester: pytest.Pytester) -> None:
    """`-p no:cacheprovider` is no error."""
    config = pytester.parseconfigure("-p", "no:cacheprovider")
    record(config, OPTIONS, [found(RTE, 40)])
    assert {} == recorded(config)
    assert RTE in expected(config, {RTE: OPTIONS})


def test_records_are_plain_data(config: pytest.Config) -> None:
    """Pytest's cache holds the seconds by node id, as JSON."""
    record(config, OPTIONS, [found(RTE, 40)])
    assert config.cache is not None
    stored = json.loads(json.dumps(config.cache.get(KEY, None)))
    assert {RTE: RecordedDuration.from_dict(stored[RTE])} == recorded(config)
