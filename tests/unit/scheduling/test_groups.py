"""Items that stay together, since they share a fine-tuning."""

from collections.abc import Callable, Sequence

import pytest

from pytest_glue.config.options import Options
from pytest_glue.scheduling.cost_model import CostTarget, targets
from pytest_glue.scheduling.groups import ItemGroup, group_items

Find = Callable[[Sequence[str]], dict[str, CostTarget]]


@pytest.fixture
def find(asked: Callable[..., Options]) -> Find:
    """Tell what items of two checkpoints fine-tune."""
    options = asked("sample", "a/b")
    return lambda nodeids: targets(dict.fromkeys(nodeids, options))


def test_tasks_of_one_fine_tuning_stay_together(find: Find) -> None:
    """The tasks mnli and mnli-mm of one test and checkpoint are a bundle, which costs one fine-tuning."""
    items = {
        "a.py::test_a[cola-sample]": 1.0,
        "a.py::test_a[mnli-a-b]": 6.0,
        "a.py::test_a[mnli-sample]": 5.0,
        "a.py::test_a[mnli-mm-sample]": 4.5,
        "a.py::test_b[mnli-mm-sample]": 4.0,
    }

    made = group_items(list(items), find(list(items)), items)

    assert [(1,), (2, 3), (4,), (0,)] == [group.places for group in made]
    assert ItemGroup((2, 3), "a.py::test_a[mnli-sample]", 5.0) == made[1]


def test_other_items_cost_what_a_typical_one_does(find: Find) -> None:
    """A test that is no glue item stands in the middle, by itself; equal ones are in the order of their node ids."""
    nodeids = [
        "b.py::test_plain",
        "c.py::test[rte-sample]",
        "c.py::test[qqp-sample]",
        "c.py::test[cola-sample]",
        "a.py::test",
    ]
    costs = dict(zip(nodeids[1:4], [5.0, 9.0, 1.0], strict=True))
    assert [((2,), 9), ((4,), 5), ((0,), 5), ((1,), 5), ((3,), 1)] == [
        (group.places, group.cost_s) for group in group_items(nodeids, find(nodeids), costs)
    ]
