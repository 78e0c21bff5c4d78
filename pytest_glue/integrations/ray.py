"""Sessions of Ray: connect to a running cluster, or start Ray on this machine and stop it at the end."""

import logging
import os
import re
import socket
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ray

from pytest_glue.core.errors import ExecutorError
from pytest_glue.core.openmp import spin_variables
from pytest_glue.integrations.cluster import cluster_address, forwarded_variables
from pytest_glue.integrations.local_ray import local_folder, local_processes, local_variables
from pytest_glue.integrations.signals import delayed_interrupts

_QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_AIR_NEW_OUTPUT": "0",
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
    "TUNE_DISABLE_AUTO_INIT": "1",
    "TUNE_DISABLE_SIGINT_HANDLER": "1",
}
"""No usage statistics, no tables on the terminal, no log files for each trial, and Ctrl-C ends a search."""

_CONNECT_TIMEOUT_S = 5.0

_EXCLUDED = (".git", ".venv", "venv", "__pycache__", ".*_cache", ".tox", "node_modules", "*.safetensors", "*.bin")
"""Files that are not copied to workers; `execution.file_transfer` sends checkpoints."""


@dataclass(frozen=True, slots=True)
class RayConfig:
    """How to reach or start Ray."""

    table: Mapping[str, Any]
    """The table `[tool.pytest_glue.ray]`."""
    verbose: bool = False
    """Whether Ray may log."""
    working_dir: Path | None = None
    """The folder that the workers of a running cluster get a copy of, as their working directory."""
    variables: tuple[str, ...] = ()
    """How the names of further variables begin that these workers get, as in `forwarded_variables`."""

    @property
    def address(self) -> str | None:
        """The address of a running cluster; None to start Ray on this machine."""
        return cluster_address(self.table)


@contextmanager
def ray_session(config: RayConfig) -> Iterator[None]:
    """Connect to a running cluster, or start Ray on this machine with its files in a temporary folder.

    An existing session of this process is used and left running.

    Raises:
        ExecutorError: no cluster answers at the address, or Ray cannot be started.
    """
    if ray.is_initialized():
        yield
        return
    if config.address:
        _check_address(config.address)
    with (
        environment(_QUIET | ({} if config.address else local_variables())),
        _log_level(logging.INFO if config.verbose else logging.ERROR),
        _connection(config, config.address) if config.address else _local_ray(config),
    ):
        yield


@contextmanager
def _connection(config: RayConfig, address: str) -> Iterator[None]:
    files: dict[str, Any] = {}
    if config.working_dir is not None:
        files = {"working_dir": str(config.working_dir), "excludes": list(_EXCLUDED)}
    try:
        with _start_errors(f"the cluster at {address} cannot be used"):
            _init(config, {"env_vars": forwarded_variables(config.variables), **files}, address=address)
        yield
    finally:
        with delayed_interrupts():
            ray.shutdown()


@contextmanager
def _local_ray(config: RayConfig) -> Iterator[None]:
    with local_folder() as folder:
        path = os.pathsep.join(path for path in sys.path if path)
        runtime_env = {"env_vars": {"PYTHONPATH": path, **spin_variables(), **folder.worker_variables}}

        def start() -> None:
            with _start_errors("Ray cannot be started"), folder.start_environment():
                _init(config, runtime_env, _temp_dir=str(folder.path), include_dashboard=False)

        with local_processes(start, ray.shutdown):
            yield


def _init(config: RayConfig, runtime_env: Mapping[str, Any], **more: Any) -> None:
    with delayed_interrupts():
        ray.init(
            log_to_driver=config.verbose,
            configure_logging=config.verbose,
            logging_level=logging.getLogger("ray").level,
            runtime_env=dict(runtime_env),
            **more,
        )


@contextmanager
def _start_errors(what: str) -> Iterator[None]:
    """Convert the errors of a start, such as no disk space or a working directory that is too large."""
    try:
        yield
    except (OSError, RuntimeError, ValueError) as error:
        raise ExecutorError(f"{what}: {error}") from error


def _check_address(address: str) -> None:
    """Check that something listens at the address: Ray would try for half a minute and then end the process.

    Raises:
        ExecutorError: nothing does.
    """
    found = re.fullmatch(r"(?:\w+://)?\[?(.+?)\]?:(\d+)/?", address)
    if found is None:
        return  # such as `auto`
    try:
        socket.create_connection((found[1], int(found[2])), timeout=_CONNECT_TIMEOUT_S).close()
    except OSError as error:
        raise ExecutorError(
            f"no Ray cluster answers at {address} ({error}): start one with `ray start --head`, correct `address` "
            "in [tool.pytest_glue.ray] or RAY_ADDRESS, or remove both to start Ray on this machine"
        ) from None


def require_capacity(resources: Mapping[str, float]) -> None:
    """Check that one machine of the cluster has the resources; without one, Ray would wait for ever.

    Args:
        resources: needed by one task, by Ray's names: `CPU`, `GPU`, `memory` (bytes).

    Raises:
        ExecutorError: no machine has them.
    """
    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]  # type: ignore[no-untyped-call]
    if not any(all(node.get(name, 0) >= amount for name, amount in resources.items()) for node in nodes):
        needed = ", ".join(f"{amount:g} {name}" for name, amount in resources.items() if amount)
        most = {name: max((node.get(name, 0) for node in nodes), default=0) for name in resources}
        largest = ", ".join(f"{amount:g} {name}" for name, amount in most.items())
        raise ExecutorError(
            f"one fine-tuning or trial asks for {needed}, and no machine of the cluster has that "
            f"(largest of {len(nodes)}: {largest}): "
            "lower num_cpus, num_gpus or memory in [tool.pytest_glue.ray], or add a machine that has it"
        )


@contextmanager
def environment(values: Mapping[str, str]) -> Iterator[None]:
    """Set the variables that are not set yet, and afterwards remove these and those that Ray has added."""
    before = dict(os.environ)
    os.environ.update({name: value for name, value in values.items() if name not in before})
    try:
        yield
    finally:
        for name in [name for name in os.environ if name not in before and (name in values or name.startswith("RAY_"))]:
            del os.environ[name]


@contextmanager
def _log_level(level: int) -> Iterator[None]:
    """Set the level of Ray's logger; `ray.init(logging_level=...)` applies it only after the messages of the start."""
    logger = logging.getLogger("ray")
    before = logger.level
    logger.setLevel(level)
    try:
        yield
    finally:
        logger.setLevel(before)
