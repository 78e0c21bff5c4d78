"""How each option is read: from a command line's text, an ini line or a typed value of a table or a marker."""

import math
import re
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pytest_glue.config.search_space import Distribution, parse_space
from pytest_glue.config.thresholds import Threshold
from pytest_glue.core.checkpoints import SAMPLE, Checkpoint
from pytest_glue.core.choices import Batching, CachePolicy, ExecutorKind, InconclusivePolicy
from pytest_glue.core.errors import OptionError
from pytest_glue.core.recipe import RecipeValue
from pytest_glue.core.shards import Shard
from pytest_glue.core.study import BACKENDS, EVALUATION, HELD_OUT
from pytest_glue.core.tasks import GLUE, Task, find_task

ALL = "all"
TABLES = ("space", "ray")
"""What only a table or a marker can say."""
RAY_KEYS = ("address", "num_cpus", "num_gpus", "memory", "max_retries")
"""What `[tool.pytest_glue.ray]` holds: a running cluster, and what one fine-tuning takes."""
FIRST_SEED = 42
SEED_END = 2**32


def _texts(value: Any) -> list[str]:
    """Return the parts of a comma-separated text, or of a list of texts, without repeats."""
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, list | tuple) or not all(isinstance(part, str) for part in parts):
        message = f"{value!r} is neither a text nor a list of texts"
        raise OptionError(message)
    return list(dict.fromkeys(part.strip() for part in parts if part.strip()))


def _tasks(value: Any, _: Path) -> tuple[Task, ...]:
    names = _texts(value)
    if not names:
        message = f"no task is named; accepted: {ALL}, {', '.join(GLUE)}"
        raise OptionError(message)
    chosen = GLUE.values() if ALL in names else (find_task(name) for name in names)
    return tuple(sorted(chosen, key=lambda task: task.name))


def _checkpoints(value: Any, base: Path) -> tuple[Checkpoint, ...]:
    return tuple(Checkpoint.parse(_rebased(text, base)) for text in _texts(value))


def _data(value: Any, base: Path) -> str:
    text = value.strip() if isinstance(value, str) else ""
    if not text:
        message = f"{value!r} is no data source; accepted: hub, hub@revision, {SAMPLE}, or a folder"
        raise OptionError(message)
    return text if text.partition("@")[0] in {"hub", SAMPLE} else _rebased(text, base)


def _rebased(text: str, base: Path) -> str:
    """Return a relative path as seen from the place that named it, where there is a folder; any other text as it is."""
    return str(base / text) if base != Path.cwd() and (base / text).is_dir() else text


def _seeds(value: Any, _: Path) -> tuple[int, ...]:
    accepted = f"accepted: a count, as in 5 (seeds {FIRST_SEED} to {FIRST_SEED + 4}), or a list, as in 7,8 or 7,"
    is_count = not isinstance(value, list | tuple) and "," not in str(value)
    texts = [value] if is_count else value.split(",") if isinstance(value, str) else value
    given = [_integer(text) for text in texts if str(text).strip()]
    numbers = [number for number in given if number is not None and 0 <= number < SEED_END]
    if not numbers or numbers != given:
        message = f"{value!r}: {accepted}"
        raise OptionError(message)
    if is_count:
        if numbers[0] < 1:
            message = f"{value!r} seeds: at least one run is needed; {accepted}"
            raise OptionError(message)
        return tuple(range(FIRST_SEED, FIRST_SEED + numbers[0]))
    repeated = sorted({number for number in numbers if numbers.count(number) > 1})
    if repeated:
        message = f"seed {repeated[0]} is given twice: the same seed is the same run and adds no evidence"
        raise OptionError(message)
    return tuple(numbers)


def _integer(value: Any) -> int | None:
    """Return an integer, or the one that a text stands for; None for anything else."""
    try:
        return int(value) if isinstance(value, str | int) and not isinstance(value, bool) else None
    except ValueError:
        return None


def _recipe(value: Any, _: Path) -> dict[str, RecipeValue]:
    from pytest_glue.config.training_fields import find_field

    if isinstance(value, Mapping):
        return {name: find_field(name).check(typed) for name, typed in value.items()}
    pairs = [line.partition("=") for line in _lines(value)]
    for name, equals, text in pairs:
        if not equals:
            message = f"{name + text!r} is not of the form KEY=VALUE"
            raise OptionError(message)
    return {name.strip(): find_field(name.strip()).parse(text.strip()) for name, _equals, text in pairs}


def _thresholds(value: Any, _: Path) -> dict[tuple[str, str], Threshold]:
    if isinstance(value, Mapping):
        thresholds = [Threshold.of(target, number, GLUE) for target, number in _flattened(value)]
    else:
        texts = [text for line in _lines(value) for text in line.split(",") if text.strip()]
        thresholds = [Threshold.parse(text, GLUE) for text in texts]
    return {(threshold.task, threshold.metric): threshold for threshold in thresholds}


def _lines(value: Any) -> list[str]:
    """Return a text, or a list of texts, as a list."""
    lines = [value] if isinstance(value, str) else value
    if not isinstance(lines, list | tuple) or not all(isinstance(line, str) for line in lines):
        message = f"{value!r} is neither a table nor a text nor a list of texts"
        raise OptionError(message)
    return list(lines)


def _flattened(table: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    """Yield TASK or TASK:METRIC with its value from `{cola = 0.5, mrpc = {f1 = 0.8}}`."""
    for name, value in table.items():
        if isinstance(value, Mapping):
            yield from ((f"{name}:{metric}", number) for metric, number in value.items())
        else:
            yield name, value


def _at_least(low: int) -> Callable[[Any, Path], int]:
    def parse(value: Any, _: Path) -> int:
        number = _integer(value)
        if number is None or number < low:
            message = f"{value!r}: expected an integer of at least {low}"
            raise OptionError(message)
        return number

    return parse


def _number(low: float, high: float) -> Callable[[Any, Path], float]:
    """Return a parser of numbers strictly between two bounds."""

    def parse(value: Any, _: Path) -> float:
        try:
            number = math.nan if isinstance(value, bool) else float(value)
        except (TypeError, ValueError):
            number = math.nan
        if not low < number < high:
            raise OptionError(f"{value!r}: expected a number above {low} and below {high}")
        return number

    return parse


def _timeout(value: Any, base: Path) -> float | None:
    if value == "off" or value is False:
        return None
    try:
        return _number(0, math.inf)(value, base)
    except OptionError:
        raise OptionError(f"{value!r}: expected seconds, a number above 0, or off") from None


def _max_drops(value: Any, base: Path) -> dict[str | None, float]:
    """Read VALUE or TASK=VALUE, a list of them, a number, or a table by task."""
    if isinstance(value, Mapping):
        pairs: list[tuple[str | None, Any]] = list(value.items())
    elif isinstance(value, int | float):
        pairs = [(None, value)]
    else:
        texts = [text for line in _lines(value) for text in line.split(",") if text.strip()]
        pairs = [(name.strip() or None, number) for name, _equals, number in (text.rpartition("=") for text in texts)]
    return {find_task(name, GLUE).name if name else None: _max_drop(number, base) for name, number in pairs}


def _max_drop(value: Any, base: Path) -> float:
    try:
        is_zero = not isinstance(value, bool) and float(value) == 0
    except (TypeError, ValueError):
        is_zero = False
    return 0.0 if is_zero else _number(0, 1)(value, base)


def _name(value: Any, _: Path) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[\w.-]+", value) or value.endswith(".json") or value[0] == ".":
        raise OptionError(f"{value!r} is no name of a baseline: letters, digits, `.`, `_` and `-`, not ending in .json")
    return value


def _compared(value: Any, base: Path) -> str:
    if isinstance(value, str) and value.endswith(".json"):
        return str(_path(value, base))
    return _name(value, base)


def _one_of(choices: type[StrEnum]) -> Callable[[Any, Path], StrEnum]:
    """Return a parser of an enumeration's words."""

    def parse(value: Any, _: Path) -> StrEnum:
        if value not in tuple(choices):
            *others, last = choices
            raise OptionError(f"{value!r}: accepted are {', '.join(others)} and {last}")
        return choices(value)

    return parse


def _switch(value: Any, _: Path) -> bool:
    if isinstance(value, bool):
        return value
    if value not in ("on", "off"):
        raise OptionError(f"{value!r}: accepted are on and off, in a table and a marker also true and false")
    return bool(value == "on")


def _path(value: Any, base: Path) -> Path:
    if not isinstance(value, str) or not value.strip():
        message = f"{value!r} is not a path"
        raise OptionError(message)
    return base / Path(value).expanduser()


def _backend(value: Any, _: Path) -> str | None:
    if value in {"off", False}:
        return None
    if value not in BACKENDS:
        raise OptionError(f"{value!r} is no search backend; accepted: {', '.join(BACKENDS)}, or off")
    return str(value)


def _fraction(value: Any, base: Path) -> float:
    try:
        is_all = not isinstance(value, bool) and float(value) == 1
    except (TypeError, ValueError):
        is_all = False
    try:
        return 1.0 if is_all else _number(0, 1)(value, base)
    except OptionError:
        raise OptionError(f"{value!r}: expected a fraction above 0 and at most 1") from None


def _split(value: Any, _: Path) -> str:
    if value not in {HELD_OUT, EVALUATION}:
        raise OptionError(f"{value!r}: accepted are {HELD_OUT} and {EVALUATION}")
    return str(value)


def _storage(value: Any, base: Path) -> str:
    return value if isinstance(value, str) and "://" in value else str(_path(value, base))


def _space(value: Any, _: Path) -> dict[str, Distribution]:
    return parse_space(value)


def _ray(value: Any, _: Path) -> dict[str, Any]:
    table = value if isinstance(value, Mapping) else {}
    unknown = sorted(set(table) - set(RAY_KEYS))
    if unknown or not table:
        found = f"unknown key {unknown[0]!r}; " if unknown else f"{value!r} is no table; "
        raise OptionError(f"{found}accepted: {', '.join(RAY_KEYS)}")
    for name, number in table.items():
        is_number = isinstance(number, int | float) and not isinstance(number, bool)
        if name == "address" and not isinstance(number, str):
            raise OptionError(f"address = {number!r}: expected the address of a cluster, as in 'ray://host:10001'")
        if name != "address" and (not is_number or number < 0):
            raise OptionError(f"{name} = {number!r}: expected a number of at least 0")
    return dict(table)


Parse = Callable[[Any, Path], Any]
"""Of what a place gives (a text, a list of texts, a typed value) and the base of its relative paths."""

PARSERS: Mapping[str, Parse] = MappingProxyType(
    {
        "tasks": _tasks,
        "checkpoints": _checkpoints,
        "data": _data,
        "seeds": _seeds,
        "recipe": _recipe,
        "max_train_samples": _at_least(1),
        "max_eval_samples": _at_least(1),
        "max_length": _at_least(4),
        "batching": _one_of(Batching),
        "threshold": _thresholds,
        "save": _name,
        "compare": _compared,
        "storage": _path,
        "max_drop": _max_drops,
        "alpha": _number(0, 0.5),
        "max_seeds": _at_least(2),
        "inconclusive": _one_of(InconclusivePolicy),
        "stop_when_decided": _switch,
        "search": _backend,
        "trials": _at_least(1),
        "search_fraction": _fraction,
        "search_split": _split,
        "search_storage": _storage,
        "cache": _one_of(CachePolicy),
        "cache_dir": _path,
        "resume": _switch,
        "timeout": _timeout,
        "executor": _one_of(ExecutorKind),
        "shard": lambda value, _: Shard.parse(value),
        "json": _path,
        "space": _space,
        "ray": _ray,
    }
)
"""How each option is read, by name; how it is spelt stands in `flags`."""
