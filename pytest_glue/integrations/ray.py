"""Sessions of Ray: connects to a running cluster, or starts Ray on this machine and stops it at the end."""

import logging
import os
import re
import signal
import socket
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from secrets import token_hex
from tempfile import TemporaryDirectory
from threading import current_thread, main_thread
from typing import Any

import ray

from pytest_glue.core.errors import ExecutorError

_QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_AIR_NEW_OUTPUT": "0",
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
    "TUNE_DISABLE_AUTO_INIT": "1",
}
"""No usage statistics, no tables on the terminal, and no log files for each trial."""

_LOCAL = {"RAY_worker_niceness": "0"}
"""For Ray on this machine: its workers replace the work of this process, so they get the same priority."""

_CONNECT_TIMEOUT_S = 5.0

_EXCLUDED = (".git", ".venv", "venv", "__pycache__", ".*_cache", ".tox", "node_modules", "*.safetensors", "*.bin")
"""Files that are not copied to workers; `execution.file_transfer` sends checkpoints."""

_FORWARDED_VARIABLES = (
    *("HF_ENDPOINT", "HF_HUB_OFFLINE", "HF_TOKEN", "OMP_NUM_THREADS", "PYTEST_GLUE_CACHE", "PYTHONPATH"),
)
"""Variables that workers of a running cluster get from this process. HF_HOME differs between machines."""


@dataclass(frozen=True, slots=True)
class RayConfig:
    """How to reach or start Ray."""

    table: Mapping[str, Any]
    """The table `[tool.pytest_glue.ray]`."""
    verbose: bool = False
    """Whether Ray may log."""
    working_dir: Path | None = None
    """The folder that the workers of a running cluster get a copy of, as their working directory."""

    @property
    def address(self) -> str | None:
        """The address of a running cluster; None to start Ray on this machine."""
        return self.table.get("address") or os.environ.get("RAY_ADDRESS") or None


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
    address = config.address
    if address:
        _check_address(address)
    # Ray reads its token once a process, and without one it writes one into the home folder.
    variables = {} if address else {"RAY_AUTH_TOKEN": _token(), **_LOCAL}
    with (
        TemporaryDirectory(prefix="glue-ray-", ignore_cleanup_errors=True) as folder,
        environment(_QUIET | variables),
        _log_level(logging.INFO if config.verbose else logging.ERROR),
    ):
        local: dict[str, Any] = {} if address else {"_temp_dir": folder, "include_dashboard": False}
        try:
            _start(config, **local)
            yield
        finally:
            ray.shutdown()


def _start(config: RayConfig, **local: Any) -> None:
    address = config.address
    try:
        with _delayed_interrupt():
            ray.init(
                address=address,
                log_to_driver=config.verbose,
                configure_logging=config.verbose,
                logging_level=logging.getLogger("ray").level,
                runtime_env=_runtime_environment(config.working_dir if address else None),
                **local,
            )
    except (OSError, RuntimeError, ValueError) as error:  # such as no disk space, or a working_dir that is too large
        what = f"the cluster at {address} cannot be used" if address else "Ray cannot be started"
        raise ExecutorError(f"{what}: {error}") from error


def _runtime_environment(working_dir: Path | None) -> dict[str, Any]:
    if working_dir is None:
        return {"env_vars": {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}}
    variables = {name: os.environ[name] for name in sorted(os.environ) if name in _FORWARDED_VARIABLES}
    return {"env_vars": variables, "working_dir": str(working_dir), "excludes": list(_EXCLUDED)}


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


@cache
def _token() -> str:
    return token_hex(32)


@contextmanager
def _delayed_interrupt() -> Iterator[None]:
    """Delay Ctrl-C until the block ends: an interrupt while Ray starts would kill the process."""
    is_ignored = signal.getsignal(signal.SIGINT) is signal.SIG_IGN  # as for a command that a shell starts with `&`
    if is_ignored or current_thread() is not main_thread():
        yield
        return
    received: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: received.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if received:
            raise KeyboardInterrupt


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
