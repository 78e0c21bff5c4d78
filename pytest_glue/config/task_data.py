"""The field `data` of a task in TOML: a folder, a file, the files of each split, or a dataset on the hub."""

from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import Any

from pytest_glue.config.values import refused
from pytest_glue.core.errors import closest
from pytest_glue.core.paths import user_path
from pytest_glue.core.task_data import TaskData

FILE_ENDINGS = (".csv", ".tsv", ".jsonl", ".ndjson", ".json", ".parquet")
_HUB_KEYS = ("hub", "configuration", "revision")
_EXPECTED = (
    'expected a folder, as in "tickets"; files, as in { train = "train.csv", validation = "validation.csv" }; or a '
    'dataset on the hub, as in { hub = "owner/name" }'
)


def parse_data(value: Any, base: Path) -> TaskData:
    """Return where the examples come from; nothing is read.

    Raises:
        OptionError: it is none of the three, or a file has another ending.
    """
    if isinstance(value, str) and value.strip():
        is_file = PurePath(value).suffix.lower() in FILE_ENDINGS
        return TaskData(files=(("train", (under(base, value),)),)) if is_file else TaskData(folder=under(base, value))
    if not isinstance(value, Mapping) or not value:
        raise refused(f"{value!r}: {_EXPECTED}")
    if "hub" in value:
        return _on_hub(value)
    return TaskData(files=tuple((split, _files(split, names, base)) for split, names in value.items()))


def _on_hub(table: Mapping[str, Any]) -> TaskData:
    if unknown := [key for key in table if key not in _HUB_KEYS]:
        raise refused(f"unknown key {unknown[0]!r} of a dataset on the hub: {closest(unknown[0], _HUB_KEYS)}")
    if wrong := [key for key, value in table.items() if not isinstance(value, str) or not value.strip()]:
        raise refused(f"{wrong[0]} = {table[wrong[0]]!r}: expected a text")
    return TaskData(**table)


def _files(split: str, names: Any, base: Path) -> tuple[str, ...]:
    found = [names] if isinstance(names, str) else names
    if not isinstance(found, list) or not found or not all(isinstance(name, str) and name.strip() for name in found):
        raise refused(f"{split} = {names!r}: expected a file or a list of files; {_EXPECTED}")
    endings = {PurePath(name).suffix.lower(): name for name in found}
    for ending, name in endings.items():
        if ending not in FILE_ENDINGS:
            raise refused(f"{split} = {name!r}: expected a file that ends with {', '.join(FILE_ENDINGS)}")
    if len(endings) > 1:
        raise refused(f"{split} = {found!r}: the files of one split need the same ending")
    if repeated := [name for name in found if found.count(name) > 1]:
        raise refused(f"{split} = {found!r}: {repeated[0]!r} is given twice")
    return tuple(under(base, name) for name in found)


def under(base: Path, text: str) -> str:
    """Return a path from the current folder; one that is relative to it stays as the user wrote it."""
    path = user_path(text.strip())
    return text.strip() if path.is_absolute() or base == Path.cwd() else str(base / path)
