"""Groups of items that share one training."""

from collections.abc import Callable, Sequence

import pytest

from pytest_glue.config.evaluation_spec import EvaluationSpec
from pytest_glue.config.options import Options
from pytest_glue.scheduling.cost_model import specs_by_nodeid
from pytest_glue.scheduling.groups import ItemGroup, group_items

Find = Callable[[Sequence[str]], dict[str, EvaluationSpec]]


@pytest.fixture
def find(asked: Callable[..., Options]) -> Find:
    """Return a function that returns the specs_by_nodeid of items of two checkpoints."""
    options = asked("sample", "a/b")
    return lambda nodeids: specs_by_nodeid(dict.fromkeys(nodeids, options))


def test_tasks_that_share_a_training_are_one_group(find: Find) -> None:
    """The tasks mnli and mnli-mm of one test and checkpoint are a group, which costs one training."""
    items = {
        "a.py::test_a[cola-sample]": 1.0,
        "a.py::test_a[mnli-a-b]": 6.0,
        "a.py::test_a[mnli-sample]": 5.0,
        "a.py::test_a[mnli-mm-sample]": 4.5,
        "a.py::test_b[mnli-mm-sample]": 4.0,
    }

    groups = group_items(list(items), find(list(items)), items)

    assert [(1,), (2, 3), (4,), (0,)] == [group.indices for group in groups]
    assert ItemGroup((2, 3), "a.py::test_a[mnli-sample]", 5.0) == groups[1]


def test_other_items_cost_what_a_typical_one_does(find: Find) -> None:
    """A test that is not a glue item is a group with the median cost; equal costs are ordered by node id."""
    nodeids = [
        "b.py::test_plain",
        "c.py::test[rte-sample]",
        "c.py::test[qqp-sample]",
        "c.py::test[cola-sample]",
        "a.py::test",
    ]
    costs = dict(zip(nodeids[1:4], [5.0, 9.0, 1.0], strict=True))
    assert [((2,), 9), ((4,), 5), ((0,), 5), ((1,), 5), ((3,), 1)] == [
        (group.indices, group.cost_s) for group in group_items(nodeids, find(nodeids), costs)
    ]
