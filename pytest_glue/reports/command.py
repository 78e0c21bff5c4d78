"""The shell command that runs an item of a report again."""

import re
import shlex
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from pytest_glue.config.flags import FLAGS, flag_of
from pytest_glue.config.options import Options

_AFFECTING = frozenset({"item", "run", "verdict", "search"})
_BY_TASK = frozenset({"threshold", "max_drop"})
"""Options with values by TASK, TASK:METRIC or TASK[SLICE]:METRIC."""
_RECORDS = frozenset({"save", "on_missing_baseline"})
"""Options whose effect is a baseline, which a repetition must not record."""


def command_of(options: Mapping[str, Any], nodeid: str, task: str, family_size: int = 1) -> str:
    """Return the command for an item.

    Options that only a table can hold, such as own tasks and search spaces, are not in it, nor are folders of this
    machine.

    Args:
        options: of the report.
        nodeid: of the item.
        task: of the item.
        family_size: the number of items that were judged together.
    """
    defaults = _defaults()
    arguments: list[str] = []
    if family_size > 1:
        options = {**options, "family_size": family_size}
    for name, option in FLAGS.items():
        if option.affects not in _AFFECTING or name in _RECORDS or name not in options:
            continue
        if name == "tasks":
            arguments.append(f"--glue-tasks={task}")
        elif options[name] != defaults[name]:
            arguments += _flags(name, _concerning(task, options[name]) if name in _BY_TASK else options[name])
    return shlex.join(["pytest", nodeid, *arguments])


def _concerning(task: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a task, of its slices and of all tasks."""
    return {target: value for target, value in values.items() if re.split(r"[\[:]", target)[0] in {"", task}}


@cache
def _defaults() -> dict[str, Any]:
    return Options().to_dict()


def _flags(name: str, value: Any) -> Iterator[str]:
    """Yield the flags that give an option its value."""
    flag = flag_of(name)
    match value:
        case True:
            yield flag if not FLAGS[name].metavar else f"{flag}=on"
        case None | False:
            return
        case Mapping():
            yield from (f"{flag}={key}={each}" if key else f"{flag}={each}" for key, each in value.items())
        case list():
            yield f"{flag}={','.join(map(str, value))}{',' if len(value) == 1 and name == 'seeds' else ''}"
        case _:
            yield f"{flag}={value}"
