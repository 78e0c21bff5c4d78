"""Scheduling under pytest-xdist: who runs which item, by what the items are expected to cost.

Loaded on the controller, where xdist asks for a scheduler, and nowhere else.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from statistics import median
from typing import Any

import pytest
from xdist.scheduler import LoadScheduling
from xdist.workermanage import WorkerController

from pytest_glue.config.sources import OptionSources
from pytest_glue.core.errors import GlueError
from pytest_glue.scheduling.cost_model import targets
from pytest_glue.scheduling.durations import expected
from pytest_glue.scheduling.groups import ItemGroup, group_items
from pytest_glue.scheduling.list_scheduling import next_item

DEFAULT = "load"
"""What xdist does where nobody says how items are spread: anything else is a user's choice."""
_LATE = 0.25
"""The share of the time that an item has run which it is at least expected to go on: what is late may be very late."""


def make_scheduler(config: pytest.Config, log: Any) -> "CostScheduling | None":
    """Return what spreads glue items over workers; None where there can be none, or where a user chose otherwise."""
    if config.getvalue("dist") != DEFAULT:
        return None
    try:
        options = OptionSources.from_pytest_config(config).options()
    except GlueError:  # which the workers say, too, and in the place where it belongs
        return None

    def grouped(nodeids: Sequence[str]) -> list[ItemGroup]:
        asked = dict.fromkeys(nodeids, options)
        found = targets(asked)
        return group_items(nodeids, found, expected(config, asked)) if found else []

    return CostScheduling(config, log, grouped) if options.checkpoints else None


class CostScheduling(LoadScheduling):
    """Gives each worker the item that it would have in a plan of all that is left, the dearest first.

    A worker starts an item when it has the next one, or knows that none will follow. So each has one in reserve that
    nobody can take back: which one, the plan decides when the item before it starts. A worker that the plan gives
    nothing any more is told so. Where no item is known, all is as xdist has it.
    """

    def __init__(
        self,
        config: pytest.Config,
        log: Any,
        grouped: Callable[[Sequence[str]], list[ItemGroup]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take what decides.

        Args:
            config: of the test run.
            log: xdist's own.
            grouped: makes bundles of the collected items, the dearest first; none where no item is known.
            clock: in seconds.
        """
        super().__init__(config, log)
        self._grouped = grouped
        self._clock = clock
        self._rank: list[int] = []
        """Of each item's bundle among all; empty where xdist spreads the items."""
        self._order: list[int] = []
        """Of each item among all, bundle by bundle."""
        self._cost_s: list[float] = []
        """Of each item: of a bundle, the first is dear and the others are almost free."""
        self._started: dict[WorkerController, float] = {}
        self._paces: list[float] = []
        """Seconds that items took, over those that they were expected to take."""

    def schedule(self) -> None:
        """Called when all workers have collected, and again for each worker that takes the place of another."""
        if self.collection is None:
            self._take_collection()
        if self.collection is None or not self._rank:
            super().schedule()
            return
        for node in self.nodes:
            self.check_schedule(node)

    def mark_test_complete(self, node: WorkerController, item_index: int, duration: float = 0) -> None:
        """Called when a worker is done with an item."""
        if self._rank:
            self._started[node] = self._clock()
            if self._cost_s[item_index]:
                self._paces.append(duration / self._cost_s[item_index])
        super().mark_test_complete(node, item_index, duration)

    def check_schedule(self, node: WorkerController, duration: float = 0) -> None:
        """Give a worker an item in reserve, or tell it that there is none."""
        if not self._rank:
            super().check_schedule(node, duration)
            return
        self.pending.sort(key=self._order.__getitem__)  # a crashed worker's items come back at the wrong end
        while not node.shutting_down and len(self.node2pending[node]) < 2:
            if items := self._next_for(node):
                self._give(node, items)
            else:
                node.shutdown()

    def _take_collection(self) -> None:
        """Know the items, where they are the same everywhere and some of them are known; else leave all to xdist."""
        first, *others = self.node2collection.values()
        found = self._grouped(first) if all(other == first for other in others) else []
        if not found:
            return
        self.collection = first
        self._rank, self._order, self._cost_s = [0] * len(first), [0] * len(first), [0.0] * len(first)
        self.pending[:] = [place for group in found for place in group.places]
        for order, place in enumerate(self.pending):
            self._order[place] = order
        for rank, group in enumerate(found):
            self._cost_s[group.places[0]] = group.cost_s
            for place in group.places:
                self._rank[place] = rank

    def _next_for(self, node: WorkerController) -> list[int]:
        """Return the items of the bundle that is a worker's next; none where all is left to others."""
        workers = [each for each in self.nodes if not each.shutting_down]
        waiting: list[list[int]] = []  # as far as the plan is looked at: mostly the first few
        pace = median(self._paces) if self._paces else 1.0

        def costs() -> Iterator[float]:
            for _, items in groupby(self.pending, key=self._rank.__getitem__):
                waiting.append(list(items))
                yield pace * sum(self._cost_s[item] for item in waiting[-1])

        free_s = [self._free_s(each, pace) for each in workers]
        piece = next_item(workers.index(node), free_s, costs())
        return [] if piece is None else waiting[piece]

    def _free_s(self, node: WorkerController, pace: float) -> float:
        """Return in how many seconds a worker is expected to be done with what it has."""
        if not self.node2pending[node]:
            return 0.0
        running, *reserve = (pace * self._cost_s[item] for item in self.node2pending[node])
        elapsed = self._clock() - self._started[node]
        return max(running - elapsed, _LATE * elapsed) + sum(reserve)

    def _give(self, node: WorkerController, items: list[int]) -> None:
        if not self.node2pending[node]:
            self._started[node] = self._clock()
        self.node2pending[node].extend(items)
        start = self.pending.index(items[0])
        del self.pending[start : start + len(items)]
        node.send_runtest_some(items)
