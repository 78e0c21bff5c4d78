"""Flags on the command line that do nothing where they stand: a test run shows a line about each.

A table or an ini file serves many test runs, so that its values may go unused.
"""

from __future__ import annotations

from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_glue.config.evaluate_only import WITHOUT_EFFECT
from pytest_glue.config.flags import FLAGS, flag_of, given
from pytest_glue.config.options import OPTIONS
from pytest_glue.config.parse_context import ParseContext
from pytest_glue.core.slices import split_target
from pytest_glue.core.tasks import unknown_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pytest

    from pytest_glue.config.options import Options
    from pytest_glue.core.tasks import Task

_SINGLE = {flag_of(name): name for name, option in FLAGS.items() if option.metavar and not option.repeatable}
_LISTS = ("tasks", "checkpoints", "seeds")
_NEEDED = {
    **dict.fromkeys(("baseline_max_age", "family_size", "max_drop", "on_missing_baseline"), "compare"),
    "json_predictions": "json",
    **dict.fromkeys(("trials", "search_fraction", "search_split", "search_storage"), "search"),
}
"""The option without which an option has no effect."""
_WITHOUT = {
    "compare": "no item is compared with a baseline; give --glue-compare=NAME",
    "json": "no JSON report is written; give --glue-json=PATH",
    "search": "no item has a search; give --glue-search=optuna",
}


def repeated_flags(arguments: Sequence[str]) -> list[str]:
    """Return a line for each flag that the command line gives with several values, of which the last one counts."""
    values: dict[str, list[str]] = {}
    for argument, following in zip_longest(arguments, arguments[1:], fillvalue=""):
        flag, equals, value = argument.partition("=")
        if flag in _SINGLE:
            values.setdefault(flag, []).append(value if equals else following)
    lines = []
    for flag, found in values.items():
        if len(set(found)) > 1:
            joined = f"; for all of them write {flag}={','.join(found)}" if _SINGLE[flag] in _LISTS else ""
            lines.append(f"{flag} is given {len(found)} times, and the last one counts: {found[-1]}{joined}")
    return lines


def unused_flags(config: pytest.Config, options: Iterable[Options], tasks: Iterable[str | None]) -> list[str]:
    """Return a line for each flag without an effect on any item.

    Args:
        config: has the command line.
        options: of the items.
        tasks: of the items; None for one whose task is known only when it runs.
    """
    asked, items = given(config), list(options)
    if not items:
        return []
    has = {name: any(getattr(each, name) is not None for each in items) for name in _WITHOUT}
    reasons = {name: _WITHOUT[needed] for name, needed in _NEEDED.items() if not has[needed]}
    if all(each.evaluate_only for each in items):
        reasons |= dict.fromkeys(WITHOUT_EFFECT, "--glue-evaluate-only trains nothing")
    lines = [f"{flag_of(name)} has no effect: {reason}" for name, reason in reasons.items() if name in asked]
    names = set(tasks)
    if None not in names:
        lines += [
            f"{flag_of(name)}: the value for {task} is not used: no item has this task"
            for name in ("threshold", "max_drop")
            for task in sorted(_tasks_of(name, asked, items[0].task) - names)
        ]
    return lines


def unknown_task(options: Iterable[Options], tasks: Iterable[str | None]) -> str | None:
    """Return a message about a threshold or an allowed drop of a task that does not exist; None if there is none.

    Only a user's `glue_task` fixture can make a task of an unknown name; if an item has one, there is no message.

    Args:
        options: of the items.
        tasks: of the items; None for one whose task is known only when it runs.
    """
    if None in set(tasks):
        return None
    for each in options:
        known = each.known_tasks
        for name, targets in (("threshold", [target for target, _ in each.threshold]), ("max_drop", each.max_drop)):
            named = {split_target(target)[0] for target in targets if target is not None}
            if unknown := sorted(named - known.keys()):
                return f"{flag_of(name)}, or `{name}` in a table or marker: {unknown_text(unknown[0], known)}"
    return None


def _tasks_of(name: str, asked: Mapping[str, Any], own_tasks: Mapping[str, Task]) -> set[str]:
    """Return the tasks for which the command line gives a value of this option."""
    keys = OPTIONS[name].parse(asked[name], ParseContext(Path.cwd(), own_tasks)) if name in asked else ()
    targets = (key[0] if isinstance(key, tuple) else key for key in keys)
    return {split_target(target)[0] for target in targets if target is not None}
