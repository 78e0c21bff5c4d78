"""Locks the cache entries that one training makes, so that no other process trains them at the same time."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager

from pytest_glue.cache.key import Key
from pytest_glue.cache.storage import RunCache

WAITED_S = 1.0
"""Waiting longer than this means that another process held a lock."""


@contextmanager
def locked(run_cache: RunCache, keys: Sequence[Key], note: Callable[[str], None]) -> Iterator[None]:
    """Hold the locks of several runs, after waiting for the processes that hold them.

    All processes lock in the same order, so there is no deadlock. Without a writable folder or without locks on its
    file system, nothing is locked.

    Args:
        run_cache: that holds the runs.
        keys: of the runs, in any order.
        note: receives a sentence if the process waited or could not lock.
    """
    start = time.perf_counter()
    with ExitStack() as stack:
        try:
            for key in sorted(keys, key=lambda each: each.name):
                stack.enter_context(run_cache.locked(key))
        except OSError as error:
            note(run_cache.unwritable(error))
        except NotImplementedError:
            note(
                f"another process may train the same runs: the file system of the cache {run_cache.folder} has no locks"
            )
        waited = time.perf_counter() - start
        if waited > WAITED_S:
            note(f"waited {waited:.0f} s for another process that trained the same run")
        yield
