"""The family of tests."""

from pytest_glue.core.family import Family


def test_the_partition_identifies_the_shards() -> None:
    """The order within a shard does not matter; the shard of each item does."""
    assert Family.of_shards(3, [["a", "b"], ["c"]]) == Family.of_shards(3, [["b", "a"], ["c"]])
    others = [["a"], ["b", "c"]], [["a", "b"], ["c"]], [["a"], ["b"]]
    assert 3 == len({Family.of_shards(3, shards).partition for shards in others})
