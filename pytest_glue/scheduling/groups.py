"""Bundles: items that stay together, since they share a fine-tuning."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

from pytest_glue.scheduling.cost_model import CostTarget, typical


@dataclass(frozen=True, slots=True)
class ItemGroup:
    """One item, or several that one fine-tuning answers."""

    places: tuple[int, ...]
    """Of its items, in the order of the collection."""
    nodeid: str
    """Of its first item."""
    cost_s: float
    """Of the dearest of its items: the fine-tuning happens once."""


def group_items(
    nodeids: Sequence[str], targets: Mapping[str, CostTarget], costs: Mapping[str, float]
) -> list[ItemGroup]:
    """Return the items in bundles, the dearest first, and equal ones by node id.

    Args:
        nodeids: of all items, in the order of the collection.
        targets: what the items fine-tune that do, by node id.
        costs: theirs; another item costs as much as a typical one of them.
    """
    unknown = typical(costs)
    together: dict[Hashable, list[int]] = {}
    for place, nodeid in enumerate(nodeids):
        target = targets.get(nodeid)
        together.setdefault(place if target is None else _fine_tuning(nodeid, target), []).append(place)
    made = [
        ItemGroup(tuple(places), nodeids[places[0]], max(costs.get(nodeids[place], unknown) for place in places))
        for places in together.values()
    ]
    return sorted(made, key=lambda group: (-group.cost_s, group.nodeid, group.places))


def _fine_tuning(nodeid: str, target: CostTarget) -> Hashable:
    """Return what is the same for items of one test that differ in nothing but the split they are evaluated on."""
    task = target.task
    columns = (task.text_columns, task.label_column, task.labels)
    return (nodeid.rpartition("[")[0], target.checkpoint, task.configuration, task.train_split, columns)
