"""Ray: the session that a search or an executor needs, started if there is none and ended by whoever started it."""

import logging
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from secrets import token_hex
from tempfile import TemporaryDirectory
from typing import Any

import ray

_QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_AIR_NEW_OUTPUT": "0",
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
    "TUNE_DISABLE_AUTO_INIT": "1",
}
"""No statistics sent and asked about, no tables, and no log files of each trial."""


@cache
def _token() -> str:
    """The password of sessions that are started here: Ray reads it once a process, and leaves its own in the home."""
    return token_hex(32)


@contextmanager
def ray_session(table: Mapping[str, Any], *, verbose: bool) -> Iterator[None]:
    """Connect to the cluster of `address` or `RAY_ADDRESS`, or start Ray on this machine.

    A session that is there already is used and left alone. What Ray writes for one that is started here goes to a
    temporary folder and away with it.
    """
    if ray.is_initialized():
        yield
        return
    address = table.get("address") or os.environ.get("RAY_ADDRESS")
    secret = {} if address else {"RAY_AUTH_TOKEN": _token()}
    with TemporaryDirectory(prefix="glue-ray-", ignore_cleanup_errors=True) as folder, environment(_QUIET | secret):
        own: dict[str, Any] = {} if address else {"_temp_dir": folder, "include_dashboard": False}
        try:
            ray.init(
                address=address,
                log_to_driver=verbose,
                configure_logging=verbose,
                logging_level=logging.INFO if verbose else logging.ERROR,
                runtime_env={"env_vars": {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}},
                **own,
            )
            yield
        finally:
            ray.shutdown()


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
