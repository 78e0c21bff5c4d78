"""The state of a test run with glue items: options, family and identity."""

from __future__ import annotations

import secrets
from contextlib import nullcontext
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pytest

from pytest_glue.config.flags import START_ERROR
from pytest_glue.config.sources import OptionSources
from pytest_glue.core.choices import ExecutorKind
from pytest_glue.core.errors import OptionError
from pytest_glue.core.family import Family
from pytest_glue.core.openmp import short_spins
from pytest_glue.session.eligibility import is_overridden
from pytest_glue.session.item_checks import failed_checks
from pytest_glue.session.progress import SessionProgress
from pytest_glue.session.unused_flags import repeated_flags, unknown_task, unused_flags
from pytest_glue.session.worker_resources import share_cores, take_device

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Mapping

    from pytest_glue.config.options import Options
    from pytest_glue.core.choices import Tracker
    from pytest_glue.core.errors import GlueError

NAME = "glue-session"
GIVEN_OPTIONS = "glue_options"
"""The key of a Ray worker's input that holds the controller's options by node id."""


class GlueSession:
    """A plugin object that `start_session` registers.

    Under xdist each worker has one for its items, and the controller has one for the reports.
    """

    def __init__(self, config: pytest.Config) -> None:
        """Read the options; in a worker, take its share of the machine.

        Raises:
            OptionError: an option is not accepted.
        """
        self._config = config
        self._sources = OptionSources.from_pytest_config(config)
        worker: Any = getattr(config, "workerinput", None)
        self.is_worker = worker is not None
        self.test_run: str = (worker or {}).get("testrunuid") or secrets.token_hex(16)
        """Identifies this test run; the same in every worker."""
        if worker is None:
            share_cores()
        else:
            share_cores(worker["workercount"])
            take_device(worker)
        self.options = self._sources.options()
        """The options of the whole test run, without markers."""
        self.header_lines = [*self._sources.table_lines, *repeated_flags([*map(str, config.invocation_params.args)])]
        """Which table is read, and which flags are given twice."""
        self._given: Mapping[str, Options] = (worker or {}).get(GIVEN_OPTIONS, {})
        if self.options.executor is ExecutorKind.RAY and not self._given and _has_workers(config):
            raise OptionError("--glue-executor=ray has workers of its own: leave out -n")
        self.options_by_nodeid: dict[str, Options] = {}
        """The options of each test function and item that was collected."""
        self.tasks: Mapping[str, str | None] = {}
        """The task of each item that this test run evaluates, by node id; None if a fixture of the user provides it."""
        self.family: Family | None = None
        """The items that are judged together; None before the end of the collection."""
        self.failed_checks: Mapping[str, GlueError] = {}
        """The items that cannot run, by node id; empty before the end of the collection."""
        self.failed_trackers: set[Tracker] = set()
        """Those that failed in this process, to which nothing more is reported."""
        self.unused_flags: list[str] = []
        """Lines about flags without an effect; empty before the end of the collection, on xdist's controller of all."""
        self.progress = SessionProgress(config)

    @classmethod
    def of(cls, config: pytest.Config) -> GlueSession:
        """Return the session that is registered for this test run."""
        session = config.pluginmanager.get_plugin(NAME)
        assert isinstance(session, cls)
        return session

    def options_of(self, node: pytest.Item | pytest.Collector) -> Options:
        """Return the options of a test, with its markers; in a worker of an executor, the controller's.

        Raises:
            OptionError: a marker has an option that is not accepted.
        """
        if (given := self._given.get(node.nodeid)) is not None:
            return given
        self.options_by_nodeid[node.nodeid] = options = self._sources.options(*node.iter_markers("glue"))
        return options

    @property
    def evaluated(self) -> frozenset[str]:
        """The node ids of the items that this test run evaluates."""
        return frozenset(self.tasks)

    def unfinished_tasks(self, evaluations: Collection[str]) -> set[str | None]:
        """Return the tasks of the items that have no evaluation, such as after an error.

        Args:
            evaluations: node ids of the items that have one.
        """
        return {task for nodeid, task in self.tasks.items() if nodeid not in evaluations}

    @property
    def family_size(self) -> int:
        """The number of items that are judged together: the same in every worker and in every shard."""
        return self.options.family_size or (max(self.family.size, 1) if self.family else 1)

    @property
    def command(self) -> str:
        """The shell command that started this test run, without `--glue-cache=only`."""
        import shlex

        arguments = getattr(self._config, "workerinput", {}).get("mainargv", ["", *self._config.invocation_params.args])
        return shlex.join(["pytest", *(str(each) for each in arguments[1:] if each != "--glue-cache=only")])

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Deselect the items of other shards, after `-k`, `-m` and the like."""
        if self.options.shard is not None and not self._given:
            from pytest_glue.scheduling.sharding import keep_part

            self.family = keep_part(self._config, items, self.options.shard, self.options_of)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Note which items are evaluated and check them; an xdist worker knows all of them and tells the controller."""
        if START_ERROR in self._config.stash:  # which ends the test run now
            return
        from pytest_glue.scheduling.cost_model import typical
        from pytest_glue.scheduling.durations import expected
        from pytest_glue.scheduling.sharding import judged

        nodeids = judged(session.items)
        self.tasks = {item.nodeid: _task_name(item) for item in session.items if item.nodeid in nodeids}
        if not self._given:  # the controller has checked what its machine has, such as baselines
            self.failed_checks = failed_checks(session.items, self.options_of)
        known = self.options_by_nodeid
        costs = expected(self._config, {nodeid: known[nodeid] for nodeid in nodeids if nodeid in known})
        self.progress.listener.expect({nodeid: costs.get(nodeid, typical(costs)) for nodeid in nodeids})
        self.family = self.family or Family(len(self.tasks))
        options = [known[nodeid] for nodeid in self.tasks if nodeid in known]
        if not self.is_worker and (message := unknown_task(options, self.tasks.values())):
            self._config.stash[START_ERROR] = message
            return
        self.unused_flags = unused_flags(self._config, options, self.tasks.values())
        if self.is_worker:
            output: Any = getattr(self._config, "workeroutput")  # noqa: B009 - set by xdist: pytest does not declare it
            output["glue_family"], output["glue_tasks"] = asdict(self.family), self.tasks
            output["glue_unused_flags"] = self.unused_flags

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Let torch's threads spin for a short time if an item imports torch; other tests see no variable of this."""
        with short_spins() if item.nodeid in self.evaluated else nullcontext():
            return (yield)

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Raise the error of an item that cannot run, unless a mark skips it."""
        if (error := self.failed_checks.get(item.nodeid)) is not None:
            raise error.with_traceback(None)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take the family from a worker: xdist's controller collects nothing."""
        output = getattr(node, "workeroutput", {})
        if "glue_family" in output:
            self.family, self.tasks = Family(**output["glue_family"]), output["glue_tasks"]
            self.unused_flags = output["glue_unused_flags"]


def _task_name(item: pytest.Item) -> str | None:
    """Return the task of an item; None if a fixture of the user provides it."""
    name = getattr(getattr(item, "callspec", None), "params", {}).get("glue_task")
    return name if isinstance(name, str) and not is_overridden(item, "glue_task") else None


def _has_workers(config: pytest.Config) -> bool:
    """Return whether xdist distributes this test run over several processes."""
    return hasattr(config, "workerinput") or bool(getattr(config.option, "tx", None))
