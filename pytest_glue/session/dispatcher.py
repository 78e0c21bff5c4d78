"""Dispatch: the fine-tunings that the collected items need, handed to an executor before the first item runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_glue.cache.cached_runs import cached_runs
from pytest_glue.core.checkpoints import Checkpoint
from pytest_glue.core.choices import CachePolicy
from pytest_glue.core.tasks import find_task
from pytest_glue.execution.executor import RunRequest, RunResult
from pytest_glue.execution.remote_runs import RemoteRuns
from pytest_glue.gate.from_options import interim_analyses_of
from pytest_glue.progress.log import show
from pytest_glue.scheduling.cost_model import targets, typical
from pytest_glue.scheduling.durations import expected
from pytest_glue.scheduling.groups import group_items
from pytest_glue.scheduling.size_estimates import warning
from pytest_glue.session.eligibility import runs_remotely, uncacheable_reason
from pytest_glue.session.remote import SessionSpec, execute_request

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import pytest

    from pytest_glue.cache.cached_runs import TrainerRunSource
    from pytest_glue.config.options import Options
    from pytest_glue.core.tasks import Task
    from pytest_glue.execution.executor import CompletedRequest, Executor, RunResults
    from pytest_glue.execution.file_transfer import FileArchive
    from pytest_glue.progress.log import ProgressListener


_WHERE = "a machine of the cluster"


class Dispatcher:
    """The fine-tunings of a test run that happen elsewhere; itself an `Executor`, which is there once it is needed."""

    def __init__(
        self,
        config: pytest.Config,
        options: Options,
        asked: Mapping[str, Options],
        command: str,
        progress: ProgressListener,
    ) -> None:
        """Take what a test run is.

        Args:
            config: of the controller.
            options: that hold for the whole test run.
            asked: by node id, the options of the functions and items that were collected.
            command: what started the test run, for a message.
            progress: hears of errands as of items: an item's runs are under way side by side.
        """
        self._config = config
        self._options = options
        self._asked = asked
        self._command = command
        self._progress = progress
        self._runs: dict[str, RemoteRuns] = {}
        self._executor: Executor | None = None

    def begin(self, items: Sequence[pytest.Item]) -> None:
        """Send for the runs of these items that are not kept; where all are, no executor is started.

        Raises:
            GlueError: the executor cannot be had.
        """
        sent = {item.nodeid: runs for item in items if (runs := self._sent_for(item)) is not None}
        nodeids = list(sent)
        asked = {nodeid: self._asked[nodeid] for nodeid in nodeids}
        costs = expected(self._config, asked)
        dearest_first = group_items(nodeids, targets(asked), costs)
        by_group = [{nodeids[place]: sent[nodeids[place]] for place in group.places} for group in dearest_first]
        requests = [request for group in by_group for request in _requests(group, asked)]
        self._progress.expect({each.name: costs.get(each.nodeids[0], typical(costs)) for each in requests})
        self.submit(requests)

    def runs_of(self, item: pytest.Item, options: Options, task: Task, checkpoint: Checkpoint) -> RemoteRuns:
        """Return the runs of an item, the same each time."""
        if item.nodeid not in self._runs:
            reason = uncacheable_reason(item, options)
            kept = None
            if reason is None and options.cache is not CachePolicy.OFF:
                kept = cached_runs(options, task, checkpoint, _nothing, self._command)
            self._runs[item.nodeid] = RemoteRuns(self, item.nodeid, kept, together=options.search is not None)
        return self._runs[item.nodeid]

    def _sent_for(self, item: pytest.Item) -> RemoteRuns | None:
        """Return the runs of an item that can be sent for before its turn; None where only its turn will tell."""
        parameters = getattr(getattr(item, "callspec", None), "params", {})
        options = self._asked.get(item.nodeid)
        if options is None or not {"glue_task", "glue_checkpoint"} <= set(parameters):
            return None
        task, checkpoint = find_task(parameters["glue_task"]), parameters["glue_checkpoint"]
        if not isinstance(checkpoint, Checkpoint) or not runs_remotely(item, options):
            return None
        return self.runs_of(item, options, task, checkpoint)

    def submit(self, requests: Sequence[RunRequest]) -> None:
        """See `Executor`."""
        if requests and self._executor is None:
            self._executor = self._start()
        if self._executor is not None:
            self._executor.submit(requests)

    def wait(self, request: RunRequest) -> CompletedRequest:
        """See `Executor`."""
        assert self._executor is not None
        return self._executor.wait(request)

    def close(self) -> None:
        """See `Executor`."""
        if self._executor is not None:
            self._executor.close()

    def _start(self) -> Executor:
        from pytest_glue.execution.ray import RayExecutor

        executor = RayExecutor(
            self._options.ray,
            execute_request,
            self._session_spec,
            self._arrived,
            self._progress.on_progress,
            shipped=self._config.rootpath,
            verbose=self._config.get_verbosity() > 0,
        )
        if "memory" not in self._options.ray and (found := warning(self._options.checkpoints, *executor.room, _WHERE)):
            show(self._config, f"glue: {found}: num_cpus or memory in [tool.pytest_glue.ray]")
        return executor

    def _arrived(self, request: RunRequest, results: RunResults) -> None:
        self._progress.finish(request.name)
        for nodeid, result in results.items():
            if isinstance(result, RunResult):
                self._runs[nodeid].arrived(result)

    def _session_spec(self, board: Any) -> SessionSpec:
        from dataclasses import replace

        from pytest_glue.core.choices import ExecutorKind
        from pytest_glue.integrations.ray import address_of

        config, is_shipped = self._config, address_of(self._options.ray) is not None
        root, started = config.rootpath, config.invocation_params.dir
        return SessionSpec(
            root=root,
            directory=started.relative_to(root) if started.is_relative_to(root) else root.relative_to(root),
            arguments=tuple(str(argument) for argument in config.invocation_params.args),
            configuration=config.inipath.relative_to(root) if config.inipath else None,
            options={nodeid: replace(options, executor=ExecutorKind.LOCAL) for nodeid, options in self._asked.items()},
            is_shipped=is_shipped,
            board=board,
            archives=self._archives() if is_shipped else (),
        )

    def _archives(self) -> tuple[FileArchive, ...]:
        """Pack each folder that a user named as checkpoint or data: no machine but this one need have it."""
        import ray

        from pytest_glue.core.paths import local_path
        from pytest_glue.execution.file_transfer import files_of_checkpoint, files_of_data, pack

        files: dict[str, set[Path]] = {}
        for options in self._asked.values():
            named = {each.name: files_of_checkpoint(each) for each in options.checkpoints}
            named[options.data] = files_of_data(options.data, options.tasks)
            files = {name: files.get(name, set()) | set(named.get(name, ())) for name in {*files, *named}}
        return tuple(
            pack(name, local_path(name), sorted(files[name]), ray.put) for name in sorted(files) if files[name]
        )


def _requests(group: Mapping[str, RemoteRuns], asked: Mapping[str, Options]) -> list[RunRequest]:
    """Return the errands for the items of a bundle, each of which brings what its items need of the same seeds."""
    together: dict[tuple[int, ...], list[str]] = {}
    for nodeid, runs in group.items():
        for seeds in runs.missing(asked[nodeid].all_seeds[: interim_analyses_of(asked[nodeid])[0]]):
            together.setdefault(seeds, []).append(nodeid)
    requests = [RunRequest(tuple(nodeids), seeds) for seeds, nodeids in together.items()]
    for request in requests:
        for nodeid in request.nodeids:
            group[nodeid].expect(request)
    return requests


def _nothing() -> TrainerRunSource:
    raise AssertionError("what is not kept, an errand brings")
