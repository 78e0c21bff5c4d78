"""The hooks that a user's `conftest.py` and other plugins can implement."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_glue.core.tasks import TaskRegistry


def pytest_glue_register_tasks(registry: TaskRegistry) -> None:
    """Register tasks, with `registry.add(Task(...))`.

    Called once, when the options are read, in plugins and in those `conftest.py` files that pytest loads before the
    collection: in the root folder and in the folders on the command line.
    """
