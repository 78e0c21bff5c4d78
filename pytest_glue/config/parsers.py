"""Parsers of options: the function with the name of an option or the name that its declaration gives; else `choice`.

Each takes the value that a source gives and the context of that source. Each raises `OptionError` for a value that is
not accepted.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from pytest_glue.config import values
from pytest_glue.config.values import at_least, integer, lines, member, number, refused, texts

if TYPE_CHECKING:
    from enum import StrEnum
    from pathlib import Path

    from pytest_glue.config.parse_context import ParseContext
    from pytest_glue.config.search_space import Distribution
    from pytest_glue.core.checkpoints import Checkpoint
    from pytest_glue.core.choices import Tracker
    from pytest_glue.core.recipe import Recipe
    from pytest_glue.core.shards import Shard
    from pytest_glue.core.slices import Slice
    from pytest_glue.core.tasks import Task

FIRST_SEED = 42
SEED_END = 2**32
MAX_SEEDS = 1000
path, switch = values.path, values.switch
positive_integer, max_length, max_seeds = at_least(1), at_least(4), at_least(2, MAX_SEEDS)
_LONGEST_NAME = 100
"""Of a baseline, whose name is that of a folder."""
_RAY_KEYS = ("address", "num_cpus", "num_gpus", "memory", "max_retries")


def tasks(value: Any, context: ParseContext) -> tuple[Task, ...]:
    """Return the named tasks in the order of their names."""
    from pytest_glue.core.tasks import find_task

    known, names = context.tasks, texts(value)
    if not names:
        raise refused(f"no task is named; accepted: all, {', '.join(known)}")
    all_tasks = context.own_tasks or known
    chosen = all_tasks.values() if "all" in names else (find_task(name, known) for name in names)
    return tuple(sorted(chosen, key=lambda task: task.name))


def own_tasks(value: Any, context: ParseContext) -> Mapping[str, Task]:
    """Return the tasks of a table, or those that plugins registered."""
    from pytest_glue.config.own_tasks import check_distinct, parse_task
    from pytest_glue.core.tasks import Task

    if not isinstance(value, Mapping):
        raise refused(f"{value!r}: expected a table for each task, as in [tool.pytest_glue.task.tickets]")
    if repeated := value.keys() & context.own_tasks.keys():
        raise refused(f"a plugin or a conftest.py registers the task {min(repeated)!r} too: choose another name")
    found = {
        name: given if isinstance(given, Task) else parse_task(name, given, context.base)
        for name, given in value.items()
    }
    check_distinct([*context.own_tasks, *found])
    return found


def checkpoints(value: Any, context: ParseContext) -> tuple[Checkpoint, ...]:
    """Return the named checkpoints in the order given."""
    from pytest_glue.core.checkpoints import Checkpoint, split_role

    def parse(text: str) -> Checkpoint:
        if (whole := _rebased(text, context.base)) != text:  # a folder whose name contains "="
            return Checkpoint.parse(whole)
        role, name = split_role(text)
        return Checkpoint.parse(text) if role is None else Checkpoint.parse(_rebased(name, context.base), role)

    return tuple(map(parse, texts(value)))


def data(value: Any, context: ParseContext) -> str:
    """Return `hub`, `hub@revision`, `sample` or a folder."""
    text = value.strip() if isinstance(value, str) else ""
    if not text:
        raise refused(f"{value!r}: expected hub, hub@revision, sample or a folder")
    return text if text.partition("@")[0] in {"hub", "sample"} else _rebased(text, context.base)


def _rebased(text: str, base: Path) -> str:
    """Return the path of an existing folder, resolved against the base; return any other text unchanged.

    A path that is relative to the current folder stays as the user wrote it, since reports show it.
    """
    from pytest_glue.core.paths import user_path

    user_path(text)  # only its checks: a folder of another machine need not exist here
    return str(base / text) if text and base != base.cwd() and (base / text).is_dir() else text


def seeds(value: Any, _: ParseContext) -> tuple[int, ...]:
    """Return the seeds of a count or of a list."""
    is_text_of_several = isinstance(value, str) and "," in value
    is_count = not is_text_of_several and not isinstance(value, list | tuple)
    parts = [value] if is_count else value.split(",") if is_text_of_several else value
    given = [integer(part) for part in parts if str(part).strip()]
    found = [seed for seed in given if seed is not None and 0 <= seed < SEED_END]
    if not found or found != given or (is_count and found == [0]):
        example = f"{FIRST_SEED} to {FIRST_SEED + 4}"
        raise refused(f"{value!r}: expected a count, as in 5 (seeds {example}), or a list, as in 7,8 or 7,")
    if (count := found[0] if is_count else len(found)) > MAX_SEEDS:
        raise refused(f"{count} seeds: expected at most {MAX_SEEDS}")
    if is_count:
        return tuple(range(FIRST_SEED, FIRST_SEED + found[0]))
    if repeated := [seed for seed in sorted(set(found)) if found.count(seed) > 1]:
        raise refused(f"seed {repeated[0]} is given twice: the same seed gives the same run and adds no evidence")
    return tuple(found)


def recipe(value: Any, _: ParseContext) -> Recipe:
    """Return the fields of `TrainingArguments` that lines of the form KEY=VALUE, or a table, set."""
    from pytest_glue.config.training_fields import find_field

    if isinstance(value, Mapping):
        return {name: find_field(name).check(typed) for name, typed in value.items()}
    pairs = [line.partition("=") for line in lines(value)]
    if wrong := [name for name, equals, _ in pairs if not equals]:
        raise refused(f"{wrong[0]!r}: expected KEY=VALUE")
    return {name.strip(): find_field(name.strip()).parse(text.strip()) for name, _, text in pairs}


def threshold(value: Any, context: ParseContext) -> Mapping[tuple[str, str], float]:
    """Return the thresholds by task and metric."""
    from pytest_glue.config.thresholds import parse_threshold, split_thresholds, threshold_of

    if isinstance(value, Mapping):
        return dict(threshold_of(target, given, context.tasks) for target, given in _flattened(value))
    return dict(parse_threshold(text, context.tasks) for line in lines(value) for text in split_thresholds(line))


def _flattened(table: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    """Yield TASK or TASK:METRIC with its value from `{cola = 0.5, mrpc = {f1 = 0.8}}`."""
    for name, value in table.items():
        if isinstance(value, Mapping):
            yield from ((f"{name}:{metric}", given) for metric, given in value.items())
        else:
            yield name, value


def slices(value: Any, context: ParseContext) -> Mapping[str, tuple[Slice, ...]]:
    """Return the slices by task."""
    from pytest_glue.config.slices import parse_slices
    from pytest_glue.core.tasks import find_task

    if not isinstance(value, Mapping):
        raise refused(f"{value!r}: expected a list of slices for each task, as in rte = ['language']")
    return {find_task(name, context.tasks).name: parse_slices(given) for name, given in value.items()}


def max_drop(value: Any, context: ParseContext) -> Mapping[str | None, float]:
    """Return the allowed drops by task, or `TASK[SLICE]`; the key None stands for all other tasks."""
    from pytest_glue.config.thresholds import split_thresholds
    from pytest_glue.core.slices import split_target
    from pytest_glue.core.tasks import own_or_known

    def task_of(name: str) -> Task | None:
        return own_or_known(split_target(name)[0] if name.endswith("]") else name, context.tasks)

    pairs: Iterable[tuple[str | None, Any]]
    if isinstance(value, Mapping):
        pairs = value.items()
    elif isinstance(value, int | float):
        pairs = [(None, value)]
    else:
        given = [text.rpartition("=") for line in lines(value) for text in split_thresholds(line)]
        pairs = [(name.strip() or None, drop) for name, _, drop in given]
    return {name or None: _drop(drop, task_of(str(name)) if name else None, context) for name, drop in pairs}


def _drop(value: Any, task: Task | None, context: ParseContext) -> float:
    """Return the drop that a task may have; None stands for a task that is not known yet, and for all other tasks."""
    from pytest_glue.core.metrics import METRICS

    drop, tasks = number(value), [task] if task else context.tasks.values()
    metrics = [METRICS.get(each.headline_metric) for each in tasks]
    if any(metric and not metric.is_bounded for metric in metrics):
        if not 0 <= drop < math.inf:
            raise refused(f"{value!r}: expected a number of at least 0")
    elif not 0 <= drop < 1:
        raise refused(f"{value!r}: expected a fraction of at least 0 and below 1")
    return drop


def alpha(value: Any, _: ParseContext) -> float:
    """Return a probability below one half."""
    if not 0 < (rate := number(value)) < 0.5:
        raise refused(f"{value!r}: expected a number above 0 and below 0.5")
    return rate


def search_fraction(value: Any, _: ParseContext) -> float:
    """Return a share above 0."""
    if not 0 < (share := number(value)) <= 1:
        raise refused(f"{value!r}: expected a fraction above 0 and at most 1")
    return share


def timeout(value: Any, _: ParseContext) -> float | None:
    """Return seconds; None for no limit."""
    return _limit(value, "seconds")


def baseline_max_age(value: Any, _: ParseContext) -> float | None:
    """Return days; None for no limit."""
    return _limit(value, "days")


def _limit(value: Any, unit: str) -> float | None:
    if value == "off" or value is False:
        return None
    if not 0 < (limit := number(value)) < math.inf:
        raise refused(f"{value!r}: expected a number of {unit} above 0, or off")
    return limit


def baseline_name(value: Any, _: ParseContext) -> str:
    """Return the name of a baseline, which is safe as the name of a folder."""
    if not isinstance(value, str) or not re.fullmatch(r"[\w-][\w.-]*", value) or value.endswith(".json"):
        accepted = "letters, digits, `.`, `_` and `-`, without a leading `.` or the ending .json"
        raise refused(f"{value!r} is not a name of a baseline; accepted: {accepted}")
    if len(value) > _LONGEST_NAME:
        raise refused(
            f"{value[:20]!r}... has {len(value)} characters; a name of a baseline has at most {_LONGEST_NAME}"
        )
    return value


def baseline(value: Any, context: ParseContext) -> str:
    """Return the name of a baseline, or the path of its file."""
    is_file = isinstance(value, str) and value.endswith(".json")
    return str(path(value, context)) if is_file else baseline_name(value, context)


def choice(kind: str, value: Any) -> StrEnum:
    """Return a member of an enumeration of `core.choices`."""
    from pytest_glue.core import choices

    found: StrEnum = member(getattr(choices, kind), value)
    return found


def report_to(value: Any, _: ParseContext) -> tuple[Tracker, ...]:
    """Return the trackers; none for `none`."""
    from pytest_glue.core.choices import Tracker

    names = texts(value)
    if names == ["none"]:
        return ()
    if not names:
        raise refused(f"{value!r}: expected none, {', '.join(Tracker)}")
    return tuple(member(Tracker, name) for name in names)


def shard(value: Any, _: ParseContext) -> Shard:
    from pytest_glue.core.shards import Shard

    return Shard.parse(value)


def search(value: Any, _: ParseContext) -> str | None:
    """Return the name of a search backend; None for no search."""
    from pytest_glue.core.study import BACKENDS

    if value == "off" or value is False:
        return None
    if value not in tuple(BACKENDS):
        raise refused(f"{value!r}: expected {', '.join(BACKENDS)} or off")
    return str(value)


def search_split(value: Any, _: ParseContext) -> str:
    from pytest_glue.core.study import EVALUATION, HELD_OUT

    if value not in (HELD_OUT, EVALUATION):
        raise refused(f"{value!r}: expected {HELD_OUT} or {EVALUATION}")
    return str(value)


def search_storage(value: Any, context: ParseContext) -> str:
    """Return a folder or a URL."""
    return value if isinstance(value, str) and "://" in value else str(path(value, context))


def space(value: Any, _: ParseContext) -> Mapping[str, Distribution]:
    """Return the search space that a table describes."""
    from pytest_glue.config.search_space import parse_space

    return parse_space(value)


def ray(value: Any, _: ParseContext) -> Mapping[str, Any]:
    """Return the table of a Ray cluster: its address, and the resources of one run."""
    if not isinstance(value, Mapping):
        raise refused(f"{value!r}: expected a table with {', '.join(_RAY_KEYS)}")
    if unknown := sorted(set(value) - set(_RAY_KEYS)):
        raise refused(f"unknown key {unknown[0]!r}; accepted: {', '.join(_RAY_KEYS)}")
    for name, given in value.items():
        if name == "address" and not isinstance(given, str):
            raise refused(f"address = {given!r}: expected the address of a cluster, as in 'ray://host:10001'")
        if name != "address" and (isinstance(given, str) or not 0 <= number(given) < math.inf):
            raise refused(f"{name} = {given!r}: expected a number of at least 0")
    return dict(value)
