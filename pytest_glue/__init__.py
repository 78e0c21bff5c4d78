"""A regression gate for fine-tuned classifiers: (task, checkpoint) pairs as pytest items.

Importing this package costs nothing: every heavy library is imported by the function that needs it.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pytest_glue.config.own_tasks import check_task
    from pytest_glue.core.slices import Slice
    from pytest_glue.core.task_data import TaskData
    from pytest_glue.core.tasks import Kind, Task, TaskRegistry

__all__ = ["Kind", "Slice", "Task", "TaskData", "TaskRegistry", "__version__", "check_task"]
__version__ = "0.1.0"
"""Follows semantic versioning."""

_PUBLIC = {
    "Kind": "core.tasks",
    "Slice": "core.slices",
    "Task": "core.tasks",
    "TaskData": "core.task_data",
    "TaskRegistry": "core.tasks",
    "check_task": "config.own_tasks",
}
"""The modules with the names that are imported when they are first used."""


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name not in _PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"pytest_glue.{_PUBLIC[name]}"), name)
