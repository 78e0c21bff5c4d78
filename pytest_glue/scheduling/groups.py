"""Groups of items that share one training and so stay in one process."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

from pytest_glue.config.evaluation_spec import EvaluationSpec
from pytest_glue.scheduling.cost_model import typical


@dataclass(frozen=True, slots=True)
class ItemGroup:
    """One item, or several that share one training."""

    indices: tuple[int, ...]
    """Of its items, in the order of the collection."""
    nodeid: str
    """Of its first item."""
    cost_s: float
    """Of its most expensive item: the training happens once."""


def group_items(
    nodeids: Sequence[str], specs: Mapping[str, EvaluationSpec], costs: Mapping[str, float]
) -> list[ItemGroup]:
    """Return the groups of all items, the most expensive first, then by node id.

    Args:
        nodeids: of all items, in the order of the collection.
        specs: of the items, by node id; items without one are in no group with others.
        costs: of items, by node id; others cost as much as a typical one.
    """
    default = typical(costs)
    by_training: dict[Hashable, list[int]] = {}
    for index, nodeid in enumerate(nodeids):
        spec = specs.get(nodeid)
        by_training.setdefault(index if spec is None else _training(nodeid, spec), []).append(index)
    groups = [
        ItemGroup(tuple(indices), nodeids[indices[0]], max(costs.get(nodeids[index], default) for index in indices))
        for indices in by_training.values()
    ]
    return sorted(groups, key=lambda group: (-group.cost_s, group.nodeid, group.indices))


def _training(nodeid: str, spec: EvaluationSpec) -> Hashable:
    """Return what is equal for items of one test that differ only in the split they are evaluated on."""
    task = spec.task
    columns = (task.text_columns, task.label_column, task.labels)
    return (nodeid.rpartition("[")[0], spec.checkpoint, task.configuration, task.train_split, columns)
