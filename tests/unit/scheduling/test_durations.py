"""What items took, kept between test runs."""

import json
from typing import Any

import pytest

from pytest_glue.config.options import Options
from pytest_glue.core.checkpoints import Checkpoint
from pytest_glue.core.evaluation import Evaluation
from pytest_glue.core.study import SearchConfig, Study
from pytest_glue.scheduling.cost_model import RecordedDuration, estimate, targets
from pytest_glue.scheduling.durations import KEY, expected, record, recorded
from tests.factories import make_evaluation, make_run

OPTIONS = Options(checkpoints=(Checkpoint.parse("sample"),), data="sample")
RTE, COLA = "test_suite.py::test_glue[rte-sample]", "test_suite.py::test_glue[cola-sample]"


@pytest.fixture
def config(pytester: pytest.Pytester) -> pytest.Config:
    """A test run's, with an empty cache."""
    return pytester.parseconfigure()


def found(nodeid: str, *seconds: float, search: Study | None = None, **of_runs: Any) -> Evaluation:
    """Return an evaluation of an item with runs that took so long."""
    runs = [make_run(seed=seed, duration_s=each, **of_runs) for seed, each in enumerate(seconds)]
    return make_evaluation(runs, nodeid=nodeid, study=search, duration_s=1000.0)


def test_what_was_trained_is_kept(config: pytest.Config) -> None:
    """An item's record is the sum of its runs, and what it is expected to take the next time."""
    record(config, OPTIONS, [found(RTE, 40, 30)])

    assert 70 == expected(config, {RTE: OPTIONS})[RTE]
    assert 70 == recorded(config)[RTE].trained_s


@pytest.mark.parametrize("changes", [{"cached": True}, {"stopped": True}])
def test_what_was_not_trained_to_its_end_is_not_kept(config: pytest.Config, changes: dict[str, Any]) -> None:
    """Runs that were read, or that ended early, do not tell how long the item takes: what is known stays."""
    record(config, OPTIONS, [found(RTE, 40)])
    record(config, OPTIONS, [found(RTE, 5, **changes), found(COLA, 5, **changes)])
    assert {RTE: 40} == {nodeid: each.trained_s for nodeid, each in recorded(config).items()}


def test_records_add_up(config: pytest.Config) -> None:
    """A test run of other items leaves the records of earlier ones, and replaces its own."""
    for nodeid, seconds in ((RTE, 40), (COLA, 20), (RTE, 30)):
        record(config, OPTIONS, [found(nodeid, seconds)])
    assert {RTE: 30, COLA: 20} == {nodeid: each.trained_s for nodeid, each in recorded(config).items()}


def test_items_without_a_record_are_scaled(config: pytest.Config) -> None:
    """An item that was never run is expected to take as much longer than estimated as those that were."""
    asked = {RTE: OPTIONS, COLA: OPTIONS}
    estimates = {nodeid: estimate(target) for nodeid, target in targets(asked).items()}
    record(config, OPTIONS, [found(RTE, 3 * estimates[RTE])])
    assert pytest.approx(3 * estimates[COLA]) == expected(config, asked)[COLA]


def test_a_search_is_a_part(config: pytest.Config) -> None:
    """An item that searched took its search's time too."""
    study = Study(SearchConfig("optuna", 1, 0.1, "held-out", {}), "", "", "accuracy", 1, 1, 42, (), {}, 60.0)
    record(config, OPTIONS, [found(RTE, 40, search=study)])
    assert 100 == recorded(config)[RTE].trained_s


@pytest.mark.parametrize("kept", [[1], {RTE: 1}, {RTE: {}}, {RTE: {"estimated_s": "x", "trained_s": 1}}])
def test_a_damaged_cache_is_an_empty_one(config: pytest.Config, kept: Any) -> None:
    """What cannot be read tells nothing, breaks nothing, and is replaced."""
    assert config.cache is not None
    config.cache.set(KEY, kept)
    assert {} == recorded(config)
    record(config, OPTIONS, [found(RTE, 40)])
    assert 40 == recorded(config)[RTE].trained_s


def test_without_a_cache_nothing_is_kept(pytester: pytest.Pytester) -> None:
    """`-p no:cacheprovider` is no error."""
    config = pytester.parseconfigure("-p", "no:cacheprovider")
    record(config, OPTIONS, [found(RTE, 40)])
    assert {} == recorded(config)
    assert RTE in expected(config, {RTE: OPTIONS})


def test_it_is_plain_data(config: pytest.Config) -> None:
    """Whoever wants to know finds seconds by node id in pytest's cache."""
    record(config, OPTIONS, [found(RTE, 40)])
    assert config.cache is not None
    kept = json.loads(json.dumps(config.cache.get(KEY, None)))
    assert {RTE: RecordedDuration.from_dict(kept[RTE])} == recorded(config)
