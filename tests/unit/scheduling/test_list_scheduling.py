"""List scheduling: which worker gets which job."""

from pytest_glue.scheduling.list_scheduling import assign_lpt, next_item


def test_each_job_goes_to_the_least_loaded_shard() -> None:
    """A job goes to the least loaded shard, and of several to the first."""
    assert [0, 1, 1, 0, 0] == assign_lpt([5, 4, 2, 1, 1], 2)


def test_more_shards_than_jobs() -> None:
    """Shards may be empty."""
    assert [0, 1] == assign_lpt([2, 1], 5)
    assert [] == assign_lpt([], 3)


def test_a_worker_may_get_nothing_more() -> None:
    """Jobs go to the workers that are free first, so a busy worker may get none of them."""
    assert [1, 0, None] == [next_item(worker, [3, 0, 9], [5, 4]) for worker in range(3)]
    assert 2 == next_item(2, [3, 0, 4.5], [5, 4, 1])
