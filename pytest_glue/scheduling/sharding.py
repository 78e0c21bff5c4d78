"""Sharding: which of the collected items belong to this machine's shard, the same on every machine."""

from collections.abc import Callable, Mapping, Sequence
from itertools import compress

import pytest

from pytest_glue.config.options import Options
from pytest_glue.core.family import Family
from pytest_glue.core.shards import Shard
from pytest_glue.scheduling.cost_model import estimate, specs_by_nodeid
from pytest_glue.scheduling.groups import group_items
from pytest_glue.scheduling.list_scheduling import assign_lpt

OptionsOf = Callable[[pytest.Item], Options]


def judged(items: Sequence[pytest.Item]) -> list[str]:
    """Return the node ids of the items that are evaluated."""
    return [item.nodeid for item in items if "glue_evaluation" in _fixtures(item)]


def keep_part(config: pytest.Config, items: list[pytest.Item], shard: Shard, options_of: OptionsOf) -> Family:
    """Deselect the items of the other shards, and return the family of all items.

    Args:
        config: of the test run.
        items: as collected and selected by all other options; shortened to the shard's items.
        shard: this machine's.
        options_of: returns the options of an item.
    """
    asked = {item.nodeid: options_of(item) for item in items if _is_glue(item)}
    part_of = parts([item.nodeid for item in items], asked, shard.parts)
    family = Family.of_shards(
        len(judged(items)),
        [[item.nodeid for item, part in zip(items, part_of, strict=True) if part == n] for n in range(shard.parts)],
    )
    is_ours = [part == shard.part - 1 for part in part_of]
    config.hook.pytest_deselected(items=list(compress(items, (not each for each in is_ours))))
    items[:] = compress(items, is_ours)
    return family


def parts(nodeids: Sequence[str], asked: Mapping[str, Options], n: int) -> list[int]:
    """Return the shard of each item, counted from 0.

    Only estimates decide. Recorded durations and cached runs differ between machines.

    Args:
        nodeids: of all items.
        asked: the options of each glue item, by node id.
        n: the number of shards.
    """
    found = specs_by_nodeid(asked)
    groups = group_items(nodeids, found, {nodeid: estimate(spec) for nodeid, spec in found.items()})
    part_of = [0] * len(nodeids)
    for group, part in zip(groups, assign_lpt([group.cost_s for group in groups], n), strict=True):
        for index in group.indices:
            part_of[index] = part
    return part_of


def _is_glue(item: pytest.Item) -> bool:
    return not {"glue_task", "glue_checkpoint"}.isdisjoint(_fixtures(item))


def _fixtures(item: pytest.Item) -> Sequence[str]:
    return getattr(item, "fixturenames", ())


def family_lines(config: pytest.Config, size: int) -> list[str]:
    """Return a line for each other plugin that changes how many items share the error rate.

    Args:
        config: of the test run.
        size: the number of items that are judged together.
    """
    manager, options, lines = config.pluginmanager, config.option, []
    if size and manager.hasplugin("repeat") and (count := getattr(options, "count", 1)) > 1:
        lines.append(f"--count={count} repeats each item, and all {size} share the error rate alpha")
    if size and manager.hasplugin("pytest-split") and getattr(options, "splits", None):
        remedy = f"use --glue-shard={options.group}/{options.splits} to divide it by the items of all parts"
        lines.append(
            f"--splits={options.splits}: only the {size} items of this part share the error rate alpha; {remedy}"
        )
    return lines
