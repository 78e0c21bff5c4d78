"""Recorded durations of items, in pytest's own cache."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

import pytest

from pytest_glue.config.options import Options
from pytest_glue.core.evaluation import Evaluation
from pytest_glue.scheduling.cost_model import RecordedDuration, estimate, expected_costs, specs_by_nodeid

KEY = "glue/durations"
"""Of pytest's cache."""


def expected(config: pytest.Config, asked: Mapping[str, Options]) -> dict[str, float]:
    """Return how many seconds each item is expected to take, without items whose node id does not tell.

    Args:
        config: of the test run.
        asked: the options of each item, by node id.
    """
    return expected_costs(_estimates(asked), recorded(config))


def recorded(config: pytest.Config) -> dict[str, RecordedDuration]:
    """Return the recorded durations by node id; empty if they cannot be read or pytest has no cache."""
    entries = config.cache.get(KEY, {}) if _has_cache(config) else {}
    try:
        return {nodeid: RecordedDuration.from_dict(entry) for nodeid, entry in entries.items()}
    except (AttributeError, KeyError, TypeError, ValueError):
        return {}


def recorded_scales(root: Path) -> dict[str, float]:
    """Return how long a second of the cost model took, by pytest's cache in a root folder.

    The keys are those of items, as in `rte-bert-base-uncased`. The estimates were made without reading data, so that
    of a task without published sizes the scale is its own only.
    """
    file = root / ".pytest_cache" / "v" / KEY
    try:
        entries = json.loads(file.read_text("utf-8")).items()
        records = {nodeid: RecordedDuration.from_dict(entry) for nodeid, entry in entries}
    except (AttributeError, KeyError, OSError, TypeError, ValueError):
        return {}
    return {
        nodeid.rpartition("[")[2].removesuffix("]"): each.trained_s / each.estimated_s
        for nodeid, each in records.items()
        if each.estimated_s
    }


def record(config: pytest.Config, options: Options, evaluations: Sequence[Evaluation]) -> None:
    """Record how long items took whose runs were all trained to their end in this test run."""
    trained = {
        each.nodeid: sum(run.duration_s for run in each.runs) + (each.search.duration_s if each.search else 0.0)
        for each in evaluations
        if each.n_cached == each.n_stopped == 0
    }
    estimates = _estimates(dict.fromkeys(trained, options))
    if not estimates or not _has_cache(config):
        return
    new = {nodeid: RecordedDuration(cost, trained[nodeid]) for nodeid, cost in estimates.items()}
    with suppress(OSError, ValueError):  # a full disk, or a node id that is no valid text
        config.cache.set(KEY, {nodeid: asdict(each) for nodeid, each in (recorded(config) | new).items()})


def _estimates(asked: Mapping[str, Options]) -> dict[str, float]:
    return {nodeid: estimate(spec) for nodeid, spec in specs_by_nodeid(asked).items()}


def _has_cache(config: pytest.Config) -> bool:
    return hasattr(config, "cache")  # not with `-p no:cacheprovider`
