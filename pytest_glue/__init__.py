"""A regression gate for fine-tuned classifiers: (task, checkpoint) pairs as pytest items.

Importing this package costs nothing: every heavy library is imported by the function that needs it.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pytest_glue.core.slices import Slice
    from pytest_glue.core.task_data import TaskData
    from pytest_glue.core.tasks import Kind, Task

__all__ = ["Kind", "Slice", "Task", "TaskData", "__version__"]
__version__ = "0.1.0"
"""Follows semantic versioning."""

_PUBLIC = {"Kind": "tasks", "Slice": "slices", "Task": "tasks", "TaskData": "task_data"}
"""The modules of `pytest_glue.core` with the names that are imported when they are first used."""


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name not in _PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"pytest_glue.core.{_PUBLIC[name]}"), name)
