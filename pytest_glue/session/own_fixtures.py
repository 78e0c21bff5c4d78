"""The plugin's own fixture functions by name, by which an overridden fixture is recognised."""

from collections.abc import Callable
from typing import Any, TypeVar

_Function = TypeVar("_Function", bound=Callable[..., Any])

OWN_FIXTURES: dict[str, Callable[..., Any]] = {}
RUN_FIXTURES: list[str] = []
"""The names of those whose code a run depends on. Of the others, such as `glue_task`, it depends on the value only."""


def own(function: _Function) -> _Function:
    """Register a fixture function of the plugin."""
    OWN_FIXTURES[function.__name__] = function
    return function


def makes_run(function: _Function) -> _Function:
    """Register a fixture function of the plugin whose code a run depends on."""
    RUN_FIXTURES.append(function.__name__)
    return own(function)
