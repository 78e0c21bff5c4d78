"""Sharing: with which other tasks an item's fine-tunings are shared, whose runs they give as well."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pytest_glue.cache.entry import Entry
from pytest_glue.cache.key import Key
from pytest_glue.core.tasks import Task


@dataclass(frozen=True, slots=True)
class Sharing:
    """Which tasks a fine-tuning is shared with."""

    siblings: Sequence[Task]
    """Those that the test run asks for, too."""
    key_of: Callable[[Task], Key]
    """Gives the key of a sibling's run, of any seed; the data is read for it."""
    test_run: str
    """What tells this test run from others, in all its processes."""

    def made(self, entry: Entry) -> bool:
        """Whether a fine-tuning of this very test run gave the run, beside its own."""
        return bool(entry.together_with) and entry.test_run == self.test_run
