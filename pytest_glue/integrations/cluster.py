"""The Ray cluster that a user names; without an import of Ray."""

import os
from collections.abc import Mapping
from typing import Any


def cluster_address(table: Mapping[str, Any]) -> str | None:
    """Return the address of a running cluster; None to start Ray on this machine.

    Args:
        table: `[tool.pytest_glue.ray]`.
    """
    return table.get("address") or os.environ.get("RAY_ADDRESS") or None
