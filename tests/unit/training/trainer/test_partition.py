"""The partition of batches by cost."""

from collections.abc import Callable
from itertools import pairwise

import pytest

from pytest_glue.training.trainer.partition import Cost, fill, partition

NO_LIMIT = float("inf")


@pytest.mark.parametrize(
    ("fixed", "expected"),
    [
        (0, [slice(0, 2), slice(2, 3), slice(3, 4)]),
        (10, [slice(0, 2), slice(2, 4)]),
        (100, [slice(0, 4)]),
        (NO_LIMIT, [slice(0, 4)]),
    ],
)
def test_the_number_of_parts_depends_on_the_fixed_cost(fixed: float, expected: list[slice]) -> None:
    """A higher fixed cost gives fewer parts: padding 2, 2, 8, 10 to 10 wastes 18 tokens, to 2 and 10 only two."""
    assert expected == partition([2, 2, 8, 10], Cost(fixed, padded=True, limit=NO_LIMIT))


def test_without_padding_one_part_is_best() -> None:
    """A packed batch is one part, even without a fixed cost."""
    assert [slice(0, 3)] == partition([1, 5, 90], Cost(0, padded=False, limit=NO_LIMIT))


@pytest.mark.parametrize("padded", [True, False])
@pytest.mark.parametrize("cut", [partition, fill])
def test_no_part_is_above_the_limit(cut: Callable[..., list[slice]], *, padded: bool) -> None:
    """Parts of several examples stay within the limit. A longer example is a part by itself."""
    lengths = [1, 2, 3, 3, 4, 5, 9, 30]
    cost = Cost(7, padded, limit=12)
    parts = cut(lengths, cost)
    assert list(range(8)) == [index for part in parts for index in range(part.start, part.stop)]
    assert [30] == lengths[parts[-1]]
    assert all(cost.tokens(lengths[part]) <= 12 for part in parts[:-1])


def test_parts_are_filled() -> None:
    """Each part has as many examples as the limit allows, so that no two neighbours fit into one."""
    lengths, cost = [1, 1, 2, 3, 4, 5, 6, 6], Cost(0, padded=True, limit=12)
    parts = fill(lengths, cost)
    assert [(0, 4), (4, 6), (6, 8)] == [(part.start, part.stop) for part in parts]
    assert all(cost.tokens(lengths[a.start : b.start + 1]) > 12 for a, b in pairwise(parts))
