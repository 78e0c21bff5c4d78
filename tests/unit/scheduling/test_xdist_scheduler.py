"""The scheduler for xdist, on simulated workers."""

import random
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from statistics import mean
from types import SimpleNamespace
from typing import Any

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScheduling

from pytest_glue.scheduling.groups import ItemGroup, group_items
from pytest_glue.scheduling.xdist_scheduler import CostScheduling, make_scheduler

LOG = Producer("test", enabled=False)
GROUPS = ((1, 2), (5,), (3,), (4,), (0,))


@dataclass(eq=False)
class Worker:
    """A worker as xdist's controller sees it: it starts an item when it has the next one, or when none will follow."""

    name: str
    queue: deque[int] = field(default_factory=deque)
    shutting_down: bool = False
    running: int | None = None
    ends_s: float = 0.0
    ran: list[int] = field(default_factory=list)

    @property
    def gateway(self) -> Any:
        """The gateway, which messages name."""
        return SimpleNamespace(id=self.name)

    def send_runtest_some(self, items: Sequence[int]) -> None:
        """Receive items."""
        self.queue.extend(items)

    def shutdown(self) -> None:
        """Receive the message that no item will follow."""
        self.shutting_down = True


class Fleet:
    """Simulated workers that run the items a scheduler gives them."""

    def __init__(self, seconds: Sequence[float]) -> None:
        self.seconds = seconds
        self.now_s = 0.0
        self.workers: list[Worker] = []
        self.scheduler: Any = None

    def begin(self, scheduler: Any, workers: int, nodeids: Sequence[str]) -> None:
        """Start workers, which collect."""
        self.scheduler = scheduler
        for _ in range(workers):
            self.add(nodeids)
        scheduler.schedule()
        self._start()

    def add(self, nodeids: Sequence[str]) -> Worker:
        """Start one more worker, which collects."""
        worker = Worker(f"gw{len(self.workers)}")
        self.workers.append(worker)
        self.scheduler.add_node(worker)
        self.scheduler.add_node_collection(worker, list(nodeids))
        return worker

    def step(self) -> bool:
        """Finish the item that ends first; return False if none runs."""
        running = [worker for worker in self.workers if worker.running is not None]
        if not running:
            return False
        worker = min(running, key=lambda each: each.ends_s)
        item, self.now_s = worker.running, worker.ends_s
        assert item is not None
        worker.running = None
        worker.ran.append(item)
        self.scheduler.mark_test_complete(worker, item, self.seconds[item])
        self._start()
        return True

    def run(self) -> float:
        """Finish all items and return the time when the last one ends."""
        while self.step():
            pass
        return self.now_s

    def _start(self) -> None:
        for worker in self.workers:
            if worker.running is None and (len(worker.queue) > 1 or (worker.queue and worker.shutting_down)):
                worker.running = worker.queue.popleft()
                worker.ends_s = self.now_s + self.seconds[worker.running]


class Reported:
    """A plugin that stores reports of collection."""

    def __init__(self) -> None:
        self.reports: list[pytest.CollectReport] = []

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self.reports.append(report)


Begin = Callable[..., Fleet]


@pytest.fixture
def begin(pytester: pytest.Pytester) -> Begin:
    """Start workers on items of these durations, under xdist's scheduler or, with expected durations, ours."""

    @cache
    def config_of(workers: int) -> pytest.Config:
        return pytester.parseconfig(f"--tx={workers}*popen", "--dist=load")

    def start(seconds: Sequence[float], expected: Sequence[float] | None, workers: int = 2) -> Fleet:
        config = config_of(workers)
        nodeids = [f"a.py::test[{index}]" for index in range(len(seconds))]
        fleet = Fleet(seconds)
        scheduler: LoadScheduling = LoadScheduling(config, LOG)
        if expected is not None:
            costs = dict(zip(nodeids, expected, strict=True))
            scheduler = CostScheduling(config, LOG, lambda ids: group_items(ids, {}, costs), lambda: fleet.now_s)
        fleet.begin(scheduler, workers, nodeids)
        return fleet

    return start


def test_makespan_with_misestimates(begin: Begin) -> None:
    """With estimates off by up to 30 %, at least 95 of 100 cases end within 1.15 of the lower bound.

    xdist's own scheduler ends later on average.
    """
    rng = random.Random(6)  # noqa: S311 - guards no secret
    ours, default = [], []
    for _ in range(200):
        seconds = [rng.lognormvariate(2, 1) for _ in range(12)]
        expected = [each * rng.uniform(0.7, 1.3) for each in seconds]
        bound = max(*seconds, sum(seconds) / 2)
        ours.append(begin(seconds, expected).run() / bound)
        default.append(begin(seconds, None).run() / bound)
    assert 0.95 <= mean(each <= 1.15 for each in ours)
    assert mean(ours) + 0.05 < mean(default)


def test_the_unit_of_what_is_expected_does_not_matter(begin: Begin) -> None:
    """Costs that are all wrong by the same factor give the same schedule."""
    rng = random.Random(7)  # noqa: S311 - guards no secret
    seconds = [rng.lognormvariate(2, 1) for _ in range(24)]
    bound = max(*seconds, sum(seconds) / 3)
    for factor in (0.01, 1, 100):
        assert begin(seconds, [factor * each for each in seconds], 3).run() < 1.15 * bound


def test_the_longest_goes_first_and_alone(begin: Begin) -> None:
    """An item as long as all others together runs first and has a worker to itself."""
    fleet = begin([1, 1, 1, 1, 4], [1, 1, 1, 1, 4])
    assert 4 == fleet.run()
    assert [[4], [0, 1, 2, 3]] == [worker.ran for worker in fleet.workers]


def test_more_workers_than_items(begin: Begin) -> None:
    """Each item has a worker, and the other workers shut down."""
    fleet = begin([3, 1], [3, 1], workers=4)
    assert 3 == fleet.run()
    assert [[0], [1], [], []] == [worker.ran for worker in fleet.workers]
    assert all(worker.shutting_down for worker in fleet.workers)
    assert fleet.scheduler.tests_finished
    assert not fleet.scheduler.has_pending


def test_the_items_of_a_crashed_worker_go_to_others(begin: Begin) -> None:
    """The item that it ran is reported; its reserve and all waiting items run on the other worker and a new one."""
    seconds = [8, 7, 6, 5, 4, 3]
    fleet = begin(seconds, seconds)
    fleet.step()
    dead = fleet.workers.pop(0)

    assert f"a.py::test[{dead.running}]" == fleet.scheduler.remove_node(dead)
    fleet.add([f"a.py::test[{index}]" for index in range(6)])
    fleet.scheduler.schedule()
    fleet._start()
    fleet.run()

    ran = [item for worker in (dead, *fleet.workers) for item in worker.ran]
    assert sorted({*range(6)} - {dead.running}) == sorted(ran)
    assert all(worker.ran for worker in fleet.workers)


def test_a_lone_reserve_waits_for_a_new_worker(begin: Begin) -> None:
    """If all other workers are shutting down, the items of a crashed worker run on its replacement."""
    fleet = begin([10, 1, 1], [10, 1, 1], workers=2)
    fleet.step()
    fleet.step()
    dead = fleet.workers[0]
    assert [0] == list({dead.running})
    assert fleet.workers[1].shutting_down

    assert "a.py::test[0]" == fleet.scheduler.remove_node(dead)
    fleet.scheduler.mark_test_pending("a.py::test[0]")  # as a plugin that runs crashed items again does
    dead.running = None
    assert fleet.scheduler.has_pending
    replacing = fleet.add([f"a.py::test[{index}]" for index in range(3)])
    fleet.scheduler.schedule()
    fleet._start()
    fleet.run()

    assert [0] == replacing.ran


def test_collections_that_differ_are_reported(pytester: pytest.Pytester) -> None:
    """If workers collected different items, nothing runs and the difference is reported, as by xdist itself."""
    config = pytester.parseconfig("--tx=2*popen", "--dist=load")
    reported = Reported()
    config.pluginmanager.register(reported)
    scheduler: Any = CostScheduling(config, LOG, lambda ids: group_items(ids, {}, dict.fromkeys(ids, 1.0)))
    for name, ids in (("gw0", ["a", "b"]), ("gw1", ["b", "a"])):
        worker = Worker(name)
        scheduler.add_node(worker)
        scheduler.add_node_collection(worker, ids)

    scheduler.schedule()

    (report,) = reported.reports
    assert "Different tests were collected between gw0 and gw1" in str(report.longrepr)
    assert scheduler.tests_finished
    assert not scheduler.has_pending


def test_a_group_stays_together(pytester: pytest.Pytester) -> None:
    """Items that share a training run on one worker, one after the other, and cost one training."""
    fleet = Fleet([1.0, 5.0, 0.1, 3.0, 2.0, 4.0])
    groups = [ItemGroup(each, str(each), max(fleet.seconds[index] for index in each)) for each in GROUPS]
    scheduler = CostScheduling(pytester.parseconfig("--tx=2*popen"), LOG, lambda _: groups, lambda: fleet.now_s)
    fleet.begin(scheduler, 2, [f"a.py::test[{index}]" for index in range(6)])
    assert 8.1 >= fleet.run()
    assert [1, 2] == fleet.workers[0].ran[:2]


@pytest.mark.parametrize(
    ("arguments", "ours"),
    [
        (["--dist=load", "--glue-checkpoints=sample"], True),
        (["--dist=worksteal", "--glue-checkpoints=sample"], False),
        (["--dist=loadgroup", "--glue-checkpoints=sample"], False),
        (["--dist=load", "--glue-tasks=rte"], False),
        (["--dist=load", "--glue-checkpoints=sample", "--glue-seeds=0"], False),
    ],
)
def test_the_scheduler_is_used_with_xdists_default_only(
    pytester: pytest.Pytester, arguments: list[str], *, ours: bool
) -> None:
    """It is used with `--dist=load` if there are checkpoints and the options are valid."""
    config = pytester.parseconfig("--tx=2*popen", *arguments)
    assert ours == (make_scheduler(config, LOG) is not None)


def test_a_suite_without_glue_items_is_distributed_by_xdist(pytester: pytest.Pytester) -> None:
    """If no node id names a checkpoint, items are sent as xdist sends them."""
    config = pytester.parseconfig("--tx=2*popen", "--dist=load", "--glue-checkpoints=sample")
    nodeids = [f"a.py::test[{index}]" for index in range(40)]
    for scheduler in (make_scheduler(config, LOG), LoadScheduling(config, LOG)):
        fleet = Fleet([1.0] * 40)
        fleet.begin(scheduler, 2, nodeids)
        assert [list(range(5)), list(range(5, 10))] == [[worker.running, *worker.queue] for worker in fleet.workers]
        fleet.run()
        assert set(range(40)) == {item for worker in fleet.workers for item in worker.ran}
