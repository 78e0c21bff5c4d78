"""List scheduling: who takes which piece of work."""

from pytest_glue.scheduling.list_scheduling import assign_lpt, next_item


def test_each_piece_falls_to_the_least_loaded_part() -> None:
    """The dearest first: a piece goes where least is, and of equal parts to the first."""
    assert [0, 1, 1, 0, 0] == assign_lpt([5, 4, 2, 1, 1], 2)


def test_more_parts_than_pieces() -> None:
    """Parts may be empty."""
    assert [0, 1] == assign_lpt([2, 1], 5)
    assert [] == assign_lpt([], 3)


def test_what_falls_to_a_worker_next() -> None:
    """Others take what they are sooner free for, and a worker may get nothing of what is left."""
    assert [1, 0, None] == [next_item(worker, [3, 0, 9], [5, 4]) for worker in range(3)]
    assert 2 == next_item(2, [3, 0, 4.5], [5, 4, 1])
