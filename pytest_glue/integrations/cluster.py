"""The Ray cluster that a user names; without an import of Ray."""

import os
from collections.abc import Mapping
from typing import Any

from pytest_glue.core.openmp import spin_variables

_FORWARDED = (
    *("HF_ENDPOINT", "HF_HUB_OFFLINE", "HF_TOKEN", "PYTEST_GLUE_CACHE", "PYTHONPATH"),
    *("GOMP_SPINCOUNT", "KMP_BLOCKTIME", "OMP_NUM_THREADS", "OMP_WAIT_POLICY"),
)
"""HF_HOME differs between machines."""


def cluster_address(table: Mapping[str, Any]) -> str | None:
    """Return the address of a running cluster; None to start Ray on this machine.

    Args:
        table: `[tool.pytest_glue.ray]`.
    """
    return table.get("address") or os.environ.get("RAY_ADDRESS") or None


def forwarded_variables(prefixes: tuple[str, ...]) -> dict[str, str]:
    """Return the variables of this process that the workers of a running cluster get.

    Args:
        prefixes: how the names of further ones begin.
    """
    names = (name for name in os.environ if name in _FORWARDED or name.startswith(prefixes))
    return {**spin_variables(), **{name: os.environ[name] for name in sorted(names)}}
