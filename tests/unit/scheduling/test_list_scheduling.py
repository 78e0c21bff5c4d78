"""List scheduling: who takes which piece of work."""

from pytest_glue.scheduling.list_scheduling import next_for, shares


def test_each_piece_falls_to_the_least_loaded_part() -> None:
    """The dearest first: a piece goes where least is, and of equal parts to the first."""
    assert [0, 1, 1, 0, 0] == shares([5, 4, 2, 1, 1], 2)


def test_more_parts_than_pieces() -> None:
    """Parts may be empty."""
    assert [0, 1] == shares([2, 1], 5)
    assert [] == shares([], 3)


def test_what_falls_to_a_worker_next() -> None:
    """Others take what they are sooner free for, and a worker may get nothing of what is left."""
    assert [1, 0, None] == [next_for(worker, [3, 0, 9], [5, 4]) for worker in range(3)]
    assert 2 == next_for(2, [3, 0, 4.5], [5, 4, 1])
