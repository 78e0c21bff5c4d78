"""The message for a run that is not cached."""

from collections.abc import Callable
from pathlib import Path

from pytest_glue.cache.entry import Entry
from pytest_glue.cache.miss_message import miss_message
from pytest_glue.cache.storage import RunCache

EntryOf = Callable[..., Entry]


def test_the_closest_run_of_the_task(run_cache: RunCache, entry_of: EntryOf) -> None:
    """The message names the fields of the key in which the most similar run of the same task differs."""
    run_cache.write(entry_of(1, recipe={"weight_decay": 0.1}))
    run_cache.write(entry_of(9, recipe={"weight_decay": 0.1}))
    run_cache.write(entry_of(1, task="mrpc"))
    expected = (
        f"the run of rte with seed 1 is not in the cache {run_cache.folder} (the closest of its 3 runs differs in "
        "recipe.weight_decay (0.01 here, 0.1 there)), and --glue-cache=only trains nothing: "
        "train it with `pytest suites/ --glue-cache=use`"
    )
    assert expected == miss_message(run_cache, entry_of(1).key, "pytest suites/")


def test_many_differences(run_cache: RunCache, entry_of: EntryOf) -> None:
    """Long values are cut, a missing one is unset, and only the first differences are named."""
    recipe = {"optim": "adafactor", "warmup_steps": 5, "weight_decay": 0.1, "num_train_epochs": 1, "adam_beta1": 0.5}
    digest = f"sha256:{'2' * 64}"
    run_cache.write(entry_of(2, recipe=recipe, data="x" * 50, digest=digest, max_train_samples=8))
    message = miss_message(run_cache, entry_of(1).key, "pytest")
    assert "checkpoint (sha256:1111111… here, sha256:2222222… there)" in message
    assert f"data (sample rte here, {'x' * 40}… there)" in message
    assert " and 3 more), and --glue-cache=only" in message
    assert "max_train_samples (unset here, 8 there)" in miss_message(
        run_cache, entry_of(2, recipe=recipe, data="x" * 50, digest=digest).key, "pytest"
    )


def test_no_run_of_the_task(run_cache: RunCache, entry_of: EntryOf) -> None:
    """Runs of other tasks are counted and not compared."""
    run_cache.write(entry_of(1, task="mrpc"))
    assert "(it has 1 run, none of this task)" in miss_message(run_cache, entry_of(1).key, "pytest")


def test_a_cache_that_cannot_be_read(entry_of: EntryOf) -> None:
    """The message about a cache folder that is no folder says so, and not that the run is missing."""
    assert miss_message(RunCache(Path("/dev/full/runs")), entry_of(1).key, "pytest") == (
        "the cache /dev/full/runs cannot be read (Not a directory), and --glue-cache=only trains nothing: "
        "name another folder with --glue-cache-dir"
    )
