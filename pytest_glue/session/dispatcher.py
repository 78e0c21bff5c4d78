"""The dispatcher: requests the missing runs of all collected items from an executor before the first item runs."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from pytest_glue.cache.cached_runs import cached_runs
from pytest_glue.config.evaluation_spec import EvaluationSpec
from pytest_glue.core.checkpoints import Checkpoint
from pytest_glue.core.choices import CachePolicy, ExecutorKind
from pytest_glue.core.errors import GlueError
from pytest_glue.core.leaderboard import files_of
from pytest_glue.core.tasks import find_task
from pytest_glue.data.source import resolved
from pytest_glue.execution.executor import RunRequest, RunResult
from pytest_glue.execution.remote_runs import RemoteRuns
from pytest_glue.gate.from_options import interim_analyses_of, skip_reason
from pytest_glue.integrations.trackers import VARIABLES
from pytest_glue.progress.log import show
from pytest_glue.scheduling.cost_model import specs_by_nodeid, typical
from pytest_glue.scheduling.durations import expected
from pytest_glue.scheduling.groups import group_items
from pytest_glue.scheduling.size_estimates import warning
from pytest_glue.session.eligibility import is_overridden, runs_remotely, uncacheable_reason
from pytest_glue.session.remote import SessionSpec, execute_request

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from pytest_glue.cache.cached_runs import TrainerRunSource
    from pytest_glue.config.options import Options
    from pytest_glue.execution.executor import CompletedRequest, Executor, RunResults
    from pytest_glue.execution.file_transfer import FileArchive
    from pytest_glue.session.session import GlueSession

_WHERE = "a machine of the cluster"


class Dispatcher:
    """A plugin object that `start_session` registers for `--glue-executor=ray`.

    It is an `Executor` itself, and starts the real one with the first request.
    """

    def __init__(self, config: pytest.Config, session: GlueSession) -> None:
        self._config = config
        self._session = session
        self._runs: dict[str, RemoteRuns] = {}
        self._executor: Executor | None = None

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Request the items' runs, after `GlueSession` has noted the items and their options.

        Raises:
            pytest.UsageError: the executor cannot be started.
        """
        try:
            self._dispatch(session.items)
        except GlueError as error:
            raise pytest.UsageError(str(error)) from None

    def pytest_sessionfinish(self) -> None:
        self.close()

    def _dispatch(self, items: Sequence[pytest.Item]) -> None:
        """Request the runs that are not cached, the most expensive first."""
        runs_by_item = {item.nodeid: runs for item in items if (runs := self._known_runs(item)) is not None}
        nodeids = list(runs_by_item)
        options = {nodeid: self._session.options_by_nodeid[nodeid] for nodeid in nodeids}
        costs = expected(self._config, options)
        groups = [
            {nodeids[index]: runs_by_item[nodeids[index]] for index in group.indices}
            for group in group_items(nodeids, specs_by_nodeid(options), costs)
        ]
        requests = [request for group in groups for request in _requests(group, options)]
        self._session.progress.listener.expect(
            {each.name: costs.get(each.nodeids[0], typical(costs)) for each in requests}
        )
        self.submit(requests)

    def _known_runs(self, item: pytest.Item) -> RemoteRuns | None:
        """Return the runs of an item whose spec is known before its fixtures are set up; None for other items."""
        parameters = getattr(getattr(item, "callspec", None), "params", {})
        options = self._session.options_by_nodeid.get(item.nodeid)
        if options is None or item.nodeid in self._session.failed_checks:
            return None
        names = {"glue_task", "glue_checkpoint"}
        if not names <= set(parameters) or any(is_overridden(item, name) for name in names):
            return None
        named, checkpoint = find_task(parameters["glue_task"], options.known_tasks), parameters["glue_checkpoint"]
        if not isinstance(checkpoint, Checkpoint) or not runs_remotely(item, options):
            return None
        try:
            task = resolved(named)
        except GlueError:  # which the fixture `glue_task` will raise again, as an error of its item
            return None
        spec = EvaluationSpec(options, task, checkpoint)
        return None if skip_reason(spec) else self.runs_of(item, spec)

    def runs_of(self, item: pytest.Item, spec: EvaluationSpec) -> RemoteRuns:
        """Return the runs of an item, the same object each time."""
        if item.nodeid not in self._runs:
            options, cached = spec.options, None
            if options.cache is not CachePolicy.OFF and uncacheable_reason(item, options) is None:
                cached = cached_runs(spec, _never, self._session.command)
            self._runs[item.nodeid] = RemoteRuns(self, item.nodeid, cached, together=options.search is not None)
        return self._runs[item.nodeid]

    def submit(self, requests: Sequence[RunRequest]) -> None:
        if requests and self._executor is None:
            self._executor = self._start()
        if self._executor is not None:
            self._executor.submit(requests)

    def wait(self, request: RunRequest) -> CompletedRequest:
        assert self._executor is not None
        return self._executor.wait(request)

    def close(self) -> None:
        if self._executor is not None:
            self._executor.close()

    def _start(self) -> Executor:
        from pytest_glue.execution.ray import RayExecutor
        from pytest_glue.integrations.ray import RayConfig

        options, verbose = self._session.options, self._config.get_verbosity() > 0
        is_reported = any(each.report_to for each in self._session.options_by_nodeid.values())
        variables = VARIABLES if is_reported else ()
        executor = RayExecutor(
            RayConfig(options.ray, verbose=verbose, working_dir=self._config.rootpath, variables=variables),
            execute_request,
            self._session_spec,
            self._on_results,
            self._session.progress.listener.on_progress,
        )
        if "memory" not in options.ray and (found := warning(options.checkpoints, *executor.capacity, _WHERE)):
            show(self._config, f"glue: {found}: num_cpus or memory in [tool.pytest_glue.ray]")
        return executor

    def _on_results(self, request: RunRequest, results: RunResults) -> None:
        self._session.progress.listener.finish(request.name)
        for nodeid, result in results.items():
            if isinstance(result, RunResult):
                self._runs[nodeid].arrived(result)

    def _session_spec(self, progress_actor: Any) -> SessionSpec:
        from pytest_glue.integrations.ray import RayConfig

        config, is_shipped = self._config, RayConfig(self._session.options.ray).address is not None
        root, started = config.rootpath, config.invocation_params.dir
        by_nodeid = self._session.options_by_nodeid
        return SessionSpec(
            root=root,
            directory=started.relative_to(root) if started.is_relative_to(root) else root.relative_to(root),
            arguments=tuple(str(argument) for argument in config.invocation_params.args),
            configuration=config.inipath.relative_to(root) if config.inipath else None,
            options={nodeid: options.replace(executor=ExecutorKind.LOCAL) for nodeid, options in by_nodeid.items()},
            is_shipped=is_shipped,
            progress_actor=progress_actor,
            archives=_archives(by_nodeid.values()) if is_shipped else (),
        )


def _archives(all_options: Iterable[Options]) -> tuple[FileArchive, ...]:
    """Pack each folder that the user named as checkpoint or data: the cluster's machines may not have it.

    A folder that cannot be packed is left out: its items failed their checks.
    """
    import ray

    from pytest_glue.core.paths import local_path
    from pytest_glue.execution.file_transfer import files_of_checkpoint, files_of_data, pack

    files: dict[str, set[Path]] = {}
    for options in all_options:
        for checkpoint in options.checkpoints:
            with suppress(GlueError):
                files.setdefault(checkpoint.name, set()).update(files_of_checkpoint(checkpoint))
        others = (file.texts for task in options.tasks for file in files_of(task)) if options.submission else ()
        for task in dict.fromkeys((*options.tasks, *others)):
            with suppress(GlueError):
                for folder, found in files_of_data(options.data, task).items():
                    files.setdefault(folder, set()).update(found)
    return tuple(pack(name, local_path(name), sorted(files[name]), ray.put) for name in sorted(files) if files[name])


def _requests(group: Mapping[str, RemoteRuns], options: Mapping[str, Options]) -> list[RunRequest]:
    """Return the requests for a group of items: items that miss the same seeds share a request."""
    by_seeds: dict[tuple[int, ...], list[str]] = {}
    for nodeid, runs in group.items():
        n_seeds = interim_analyses_of(options[nodeid])[0]
        for seeds in runs.missing(options[nodeid].all_seeds[:n_seeds]):
            by_seeds.setdefault(seeds, []).append(nodeid)
    requests = [RunRequest(tuple(nodeids), seeds) for seeds, nodeids in by_seeds.items()]
    for request in requests:
        for nodeid in request.nodeids:
            group[nodeid].expect(request)
    return requests


def _never() -> TrainerRunSource:
    raise AssertionError("the controller of an executor trains nothing itself")
