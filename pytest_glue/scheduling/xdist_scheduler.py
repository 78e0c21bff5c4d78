"""The scheduler for pytest-xdist: which worker runs which item, by expected cost.

Imported only on the controller, when xdist asks for a scheduler.
"""

import time
from collections.abc import Callable, Sequence
from itertools import groupby
from statistics import median
from typing import Any

import pytest
from xdist.scheduler import LoadScheduling
from xdist.workermanage import WorkerController

from pytest_glue.config.sources import OptionSources
from pytest_glue.core.errors import GlueError
from pytest_glue.scheduling.cost_model import specs_by_nodeid
from pytest_glue.scheduling.durations import expected
from pytest_glue.scheduling.groups import ItemGroup, group_items
from pytest_glue.scheduling.list_scheduling import next_item

DEFAULT = "load"
"""xdist's own default for --dist. Any other value is the user's choice."""


def make_scheduler(config: pytest.Config, log: Any) -> "CostScheduling | None":
    """Return the scheduler of glue items; None if the user chose another, or no item is a glue item."""
    if config.getvalue("dist") != DEFAULT:
        return None
    try:
        options = OptionSources.from_pytest_config(config).options()
    except GlueError:  # the workers report it
        return None

    def group(nodeids: Sequence[str]) -> list[ItemGroup]:
        asked = dict.fromkeys(nodeids, options)
        found = specs_by_nodeid(asked)
        return group_items(nodeids, found, expected(config, asked)) if found else []

    return CostScheduling(config, log, group) if options.checkpoints else None


class CostScheduling(LoadScheduling):
    """Gives each worker the next item of a longest-first schedule of all items that are left.

    A worker starts an item when it has the next one, or is told that none will follow. So each worker has one item in
    reserve, chosen when the item before it starts. A worker that gets nothing more in the schedule is told to shut
    down. If no item has an estimate, this class does what xdist does.
    """

    def __init__(
        self,
        config: pytest.Config,
        log: Any,
        group: Callable[[Sequence[str]], list[ItemGroup]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Make a scheduler.

        Args:
            config: of the test run.
            log: xdist's own.
            group: returns the groups of the collected items, the most expensive first; empty without estimates.
            clock: in seconds.
        """
        super().__init__(config, log)
        self._group = group
        self._clock = clock
        self._rank: list[int] = []
        """The index of each item's group; empty if xdist distributes the items."""
        self._cost_s: list[float] = []
        """Of each item: the first of a group has the cost of the group, the others none."""
        self._started_s: dict[WorkerController, float] = {}
        """When each worker started its running item."""
        self._paces: list[float] = []
        """Of finished items: seconds over cost."""

    def schedule(self) -> None:
        """Called when all workers have collected, and again for each worker that replaces another."""
        if self.collection is None:
            self._take_collection()
        if self.collection is None or not self._rank:
            super().schedule()
            return
        for node in self.nodes:
            self.check_schedule(node)

    def mark_test_complete(self, node: WorkerController, item_index: int, duration: float = 0) -> None:
        """Called when a worker has finished an item."""
        if self._rank:
            self._started_s[node] = self._clock()
            if self._cost_s[item_index]:
                self._paces.append(duration / self._cost_s[item_index])
        super().mark_test_complete(node, item_index, duration)

    def check_schedule(self, node: WorkerController, duration: float = 0) -> None:
        """Give a worker its next group as reserve, or shut it down if there is none."""
        if not self._rank:
            super().check_schedule(node, duration)
            return
        self.pending.sort(key=lambda item: (self._rank[item], item))  # xdist puts a crashed worker's items first
        while not node.shutting_down and len(self.node2pending[node]) < 2:
            if items := self._next_group(node):
                if not self.node2pending[node]:
                    self._started_s[node] = self._clock()
                self.node2pending[node].extend(items)
                self.pending[:] = [item for item in self.pending if item not in items]
                node.send_runtest_some(items)
            else:
                node.shutdown()

    def _take_collection(self) -> None:
        """Group the collected items, unless workers collected different ones: xdist reports that."""
        first, *others = self.node2collection.values()
        groups = self._group(first) if all(other == first for other in others) else []
        if not groups:
            return
        self.collection = first
        self.pending[:] = range(len(first))
        self._rank, self._cost_s = [0] * len(first), [0.0] * len(first)
        for rank, group in enumerate(groups):
            self._cost_s[group.indices[0]] = group.cost_s
            for index in group.indices:
                self._rank[index] = rank

    def _next_group(self, node: WorkerController) -> list[int]:
        """Return the items of the worker's next group; empty if all go to other workers."""
        workers = [each for each in self.nodes if not each.shutting_down]
        waiting = [list(items) for _, items in groupby(self.pending, key=self._rank.__getitem__)]
        pace = median(self._paces) if self._paces else 1.0
        costs = [pace * sum(self._cost_s[item] for item in items) for items in waiting]
        index = next_item(workers.index(node), [self._free_s(each, pace) for each in workers], costs)
        return [] if index is None else waiting[index]

    def _free_s(self, node: WorkerController, pace: float) -> float:
        """Return in how many seconds a worker is expected to have finished its items."""
        if not self.node2pending[node]:
            return 0.0
        running, *reserve = (pace * self._cost_s[item] for item in self.node2pending[node])
        return max(running - (self._clock() - self._started_s[node]), 0.0) + sum(reserve)
