"""Ray: the session that a search or an executor needs, started if there is none and ended by whoever started it."""

import logging
import os
import re
import signal
import socket
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
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
"""No statistics sent and asked about, no tables, and no log files of each trial."""

_OURS = {"RAY_worker_niceness": "0"}
"""For Ray that is started here: its workers do what this process would do itself, and have its priority."""

_ANSWER_S = 5.0
"""How long a cluster may take to accept a connection."""

_NOT_SHIPPED = (".git", ".venv", "venv", "__pycache__", ".*_cache", ".tox", "node_modules", "*.safetensors", "*.bin")
"""What a test run does not need of its folder; checkpoints travel by themselves, once."""

_SHIPPED_VARIABLES = (
    *("HF_ENDPOINT", "HF_HUB_OFFLINE", "HF_TOKEN", "OMP_NUM_THREADS", "PYTEST_GLUE_CACHE", "PYTHONPATH"),
)
"""What a user set for this test run; where the hub's cache lies differs from machine to machine."""


@cache
def _token() -> str:
    """The password of sessions that are started here: Ray reads it once a process, and leaves its own in the home."""
    return token_hex(32)


@contextmanager
def ray_session(table: Mapping[str, Any], *, verbose: bool, shipped: Path | None = None) -> Iterator[None]:
    """Connect to the cluster of `address` or `RAY_ADDRESS`, or start Ray on this machine.

    A session that is there already is used and left alone. What Ray writes for one that is started here goes to a
    temporary folder and away with it.

    Args:
        table: what `[tool.pytest_glue.ray]` holds.
        verbose: whether Ray may log.
        shipped: the folder that the workers of a running cluster are to have a copy of, as their working directory.

    Raises:
        ExecutorError: no cluster answers at the address.
    """
    if ray.is_initialized():
        yield
        return
    address = address_of(table)
    if address:
        _require_answer(address)
    own_environment = {} if address else {"RAY_AUTH_TOKEN": _token(), **_OURS}
    with (
        TemporaryDirectory(prefix="glue-ray-", ignore_cleanup_errors=True) as folder,
        environment(_QUIET | own_environment),
        _log_level(logging.INFO if verbose else logging.ERROR),
    ):
        own: dict[str, Any] = {} if address else {"_temp_dir": folder, "include_dashboard": False}
        try:
            _start(address, shipped if address else None, verbose=verbose, **own)
            yield
        finally:
            ray.shutdown()


def _start(address: str | None, shipped: Path | None, *, verbose: bool, **own: Any) -> None:
    try:
        with _interrupted_later():
            ray.init(
                address=address,
                log_to_driver=verbose,
                configure_logging=verbose,
                logging_level=logging.getLogger("ray").level,
                runtime_env=_runtime_environment(shipped),
                **own,
            )
    except (OSError, RuntimeError, ValueError) as error:  # no room for Ray's own, a folder too large to be shipped
        what = f"the cluster at {address} cannot be used" if address else "Ray cannot be started"
        raise ExecutorError(f"{what}: {error}") from error


@contextmanager
def _interrupted_later() -> Iterator[None]:
    """Let Ctrl-C wait for some seconds: Ray that is interrupted while it starts takes the process down with it."""
    is_ignored = signal.getsignal(signal.SIGINT) is signal.SIG_IGN  # as where a shell started it behind an `&`
    if is_ignored or current_thread() is not main_thread():
        yield
        return
    came: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: came.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if came:
            raise KeyboardInterrupt


@contextmanager
def _log_level(level: int) -> Iterator[None]:
    """Let Ray log from this level on; of itself it obeys only behind what it logs of its start."""
    logger = logging.getLogger("ray")
    before = logger.level
    logger.setLevel(level)
    try:
        yield
    finally:
        logger.setLevel(before)


def address_of(table: Mapping[str, Any]) -> str | None:
    """Return the address of the running cluster that is to be used; None where Ray is started on this machine."""
    return table.get("address") or os.environ.get("RAY_ADDRESS") or None


def require_room(resources: Mapping[str, float]) -> None:
    """Make sure that some machine of the cluster could ever have these resources free.

    Args:
        resources: what one task asks for, in Ray's words: `CPU`, `GPU`, `memory` (bytes).

    Raises:
        ExecutorError: none could, and Ray would wait for ever.
    """
    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]  # type: ignore[no-untyped-call]
    if not any(all(node.get(name, 0) >= amount for name, amount in resources.items()) for node in nodes):
        asked = ", ".join(f"{amount:g} {name}" for name, amount in resources.items() if amount)
        most = {name: max((node.get(name, 0) for node in nodes), default=0) for name in resources}
        there = ", ".join(f"{amount:g} {name}" for name, amount in most.items())
        raise ExecutorError(
            f"one fine-tuning or trial asks for {asked}, and no machine of the cluster has that "
            f"(of {len(nodes)}, the most: {there}): "
            "lower num_cpus, num_gpus or memory in [tool.pytest_glue.ray], or add a machine that has it"
        )


def _require_answer(address: str) -> None:
    """Make sure that something listens at the address: Ray itself asks for half a minute, and then ends the process."""
    found = re.fullmatch(r"(?:\w+://)?\[?(.+?)\]?:(\d+)/?", address)
    if found is None:
        return  # `auto`, a name that Ray knows
    try:
        socket.create_connection((found[1], int(found[2])), timeout=_ANSWER_S).close()
    except OSError as error:
        raise ExecutorError(
            f"no cluster of Ray answers at {address} ({error}): start one with `ray start --head`, correct `address` "
            "in [tool.pytest_glue.ray] or RAY_ADDRESS, or leave both out to start Ray on this machine"
        ) from None


def _runtime_environment(shipped: Path | None) -> dict[str, Any]:
    """Return what a worker finds around it: the paths that modules come from, and the folder that is shipped."""
    if shipped is None:
        return {"env_vars": {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}}
    variables = {name: os.environ[name] for name in sorted(os.environ) if name in _SHIPPED_VARIABLES}
    return {"env_vars": variables, "working_dir": str(shipped), "excludes": list(_NOT_SHIPPED)}


@contextmanager
def environment(values: Mapping[str, str]) -> Iterator[None]:
    """Set variables that are not set; what they and Ray's own were before is restored."""
    before = dict(os.environ)
    os.environ.update({name: value for name, value in values.items() if name not in before})
    try:
        yield
    finally:
        for name in [name for name in os.environ if name not in before and (name in values or name.startswith("RAY_"))]:
            del os.environ[name]
