"""The layout of `DatasetDict.save_to_disk`: `FOLDER/<configuration>/dataset_dict.json`, or one task in FOLDER."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from pytest_glue.core.errors import DataError
from pytest_glue.core.tasks import Task
from pytest_glue.data.fingerprint import require_file
from pytest_glue.data.splits import Splits, names_of_classes

if TYPE_CHECKING:
    from datasets import Dataset

INDEX = "dataset_dict.json"


def splits(folder: Path, task: Task) -> Splits:
    """Return the task's splits by name; empty if there are none."""
    for candidate in (folder / task.configuration, folder):
        if (candidate / INDEX).is_file():
            found = {name: SavedSplit(candidate / name) for name in _names(candidate / INDEX, "splits")}
            if candidate != folder or all(split.may_be(task) for split in found.values()):
                return found
    return {}


def saved_splits(folder: Path) -> "dict[str, SavedSplit]":
    """Return the splits of a folder that holds one task, by name; empty if it is in another layout."""
    if not (folder / INDEX).is_file():
        return {}
    return {name: SavedSplit(folder / name) for name in _names(folder / INDEX, "splits")}


def configurations(folder: Path) -> set[str]:
    """Return the names of the subfolders in this layout, and of the folder itself if it is."""
    return {path.parent.name for pattern in (INDEX, f"*/{INDEX}") for path in folder.resolve().glob(pattern)}


@dataclass(frozen=True, slots=True)
class SavedSplit:
    """A split as `Dataset.save_to_disk` writes it."""

    path: Path

    def may_be(self, task: Task) -> bool:
        """Return whether the split's configuration is the task's or is not recorded."""
        return self._info().get("config_name") in {None, "", "default", task.configuration}

    @property
    def files(self) -> tuple[Path, ...]:
        names = _names(self.path / "state.json", "_data_files", "filename")
        return tuple(self.path / name for name in ("dataset_info.json", *names))

    def columns(self) -> list[str]:
        return list(self._info().get("features") or ())

    def read(self) -> "Dataset":
        from datasets import Dataset

        try:
            # In memory: otherwise `map` would write its cache into the user's folder.
            return Dataset.load_from_disk(str(self.path), keep_in_memory=True)
        except Exception as error:  # what a damaged or foreign file raises depends on the versions of the libraries
            raise DataError(f"{self.path} cannot be read: {type(error).__name__}: {error}") from error

    def class_names(self, column: str) -> tuple[str, ...]:
        return names_of_classes((self._info().get("features") or {}).get(column))

    def values(self, columns: Iterable[str]) -> dict[str, list[Any]]:
        examples = self.read()
        return {name: list(examples[name]) for name in columns}

    def location(self, index: int) -> str:
        return f"{self.path}, example {index + 1}"

    def _info(self) -> dict[str, Any]:
        return _json(self.path / "dataset_info.json")


def _names(path: Path, key: str, name: str = "") -> list[str]:
    """Return a list of names from a JSON file: its items, or their field `name`."""
    listed = _json(path).get(key)
    items = listed if isinstance(listed, list) else [listed] if listed else []
    names = [item.get(name) if name and isinstance(item, dict) else item for item in items]
    found = [each for each in names if isinstance(each, str) and PurePath(each).name == each]
    if len(found) < len(names):
        raise DataError(f"{path} was not written by `save_to_disk`: its {key!r} is no list of names")
    return found


def _json(path: Path) -> dict[str, Any]:
    require_file(path)
    try:
        content = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{path} cannot be read: {error}") from error
    if not isinstance(content, dict):
        raise DataError(f"{path} was not written by `save_to_disk`")
    return content
