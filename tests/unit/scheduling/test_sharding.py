"""Which item belongs to which shard."""

from collections.abc import Sequence

from pytest_glue.config.options import Options
from pytest_glue.core.checkpoints import Checkpoint
from pytest_glue.core.tasks import GLUE
from pytest_glue.scheduling.cost_model import estimate, specs_by_nodeid
from pytest_glue.scheduling.sharding import parts

CHECKPOINTS = ("bert-base-uncased", "bert-large-uncased", "distilbert-base-uncased")
OPTIONS = Options(checkpoints=tuple(map(Checkpoint.parse, CHECKPOINTS)))
NODEIDS = [f"a.py::test[{task}-{name}]" for task in GLUE for name in CHECKPOINTS]


def of(nodeids: Sequence[str], n: int) -> dict[str, int]:
    """Return the shard of each item."""
    glue = {nodeid: OPTIONS for nodeid in nodeids if "[" in nodeid}
    return dict(zip(nodeids, parts(nodeids, glue, n), strict=True))


def test_shards_do_not_depend_on_the_order() -> None:
    """Machines that collect in another order have the same shards."""
    assert of(NODEIDS, 5) == of(NODEIDS[::-1], 5)


def test_shards_are_balanced_by_cost() -> None:
    """No shard is expected to take longer than 1.15 of the lower bound."""
    costs = {nodeid: estimate(target) for nodeid, target in specs_by_nodeid(dict.fromkeys(NODEIDS, OPTIONS)).items()}
    shared = {nodeid: 0 if "mnli-mm" in nodeid else cost for nodeid, cost in costs.items()}
    part_of = of(NODEIDS, 3)
    loads = [sum(cost for nodeid, cost in shared.items() if part_of[nodeid] == part) for part in range(3)]
    assert max(loads) <= 1.15 * max(*shared.values(), sum(loads) / 3)


def test_items_that_share_a_training_are_in_one_shard() -> None:
    """The tasks mnli and mnli-mm of one checkpoint are in one shard."""
    part_of = of(NODEIDS, 5)
    for name in CHECKPOINTS:
        assert part_of[f"a.py::test[mnli-{name}]"] == part_of[f"a.py::test[mnli-mm-{name}]"]


def test_other_items_are_distributed_too() -> None:
    """Tests that are not glue items belong to one shard each."""
    part_of = of([f"b.py::test_{n}" for n in range(6)], 3)
    assert [0, 0, 1, 1, 2, 2] == sorted(part_of.values())
