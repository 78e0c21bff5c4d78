"""The family of tests."""

from pytest_glue.core.family import Family


def test_the_digest_identifies_the_shards() -> None:
    """The order within a shard does not matter; the shard of each item does."""
    assert Family.of_shards(3, [["a", "b"], ["c"]]) == Family.of_shards(3, [["b", "a"], ["c"]])
    others = [["a"], ["b", "c"]], [["a", "b"], ["c"]], [["a"], ["b"]]
    assert 3 == len({Family.of_shards(3, shards).shard_digest for shards in others})


def test_a_family_is_written_and_read() -> None:
    """The names of the JSON report are part of its schema."""
    family = Family(3, "sha256:0")
    assert {"size": 3, "partition": "sha256:0"} == family.to_dict()
    assert family == Family.from_dict(family.to_dict())
