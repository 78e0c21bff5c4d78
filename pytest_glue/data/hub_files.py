"""Which files of a dataset on the hub hold the splits of a task."""

from collections.abc import Collection, Sequence
from pathlib import Path, PurePosixPath

from pytest_glue.core.errors import DataError
from pytest_glue.core.tasks import Task
from pytest_glue.data.split_files import ENDINGS, is_known, open_split, split_name
from pytest_glue.data.splits import OwnSplit

_NEUTRAL = ("data", "default")
"""Folders that name neither a configuration nor a split."""
_CONVERTED = "refs/convert/parquet"


def choose_files(names: Sequence[str], configuration: str, task: Task, where: str) -> list[str]:
    """Return the files of a configuration: `CONFIGURATION/train-*.parquet`, `data/train.csv`, `train/0000.parquet`.

    If a dataset has its splits in several formats, those of the first one of `ENDINGS` are returned.

    Raises:
        DataError: no format has all splits that the task needs.
    """
    by_split = _by_split(names, configuration, task)
    for ending in ENDINGS:
        found = {split: [name for name in files if name.endswith(ending)] for split, files in by_split.items()}
        if all(found.get(split) for split in task.needed_splits):
            return sorted(name for files in found.values() for name in files)
    splits = ", ".join(sorted(by_split)) or "none"
    wanted = f"configuration {configuration!r}" if configuration else "dataset without a configuration"
    folders = sorted({PurePosixPath(name).parts[0] for name in names if "/" in name and is_known(PurePosixPath(name))})
    others = f"; folders there: {', '.join(folders)}" if folders else ""
    script = any(name.endswith(".py") for name in names)
    hint = f'; it is a script, whose data is at revision = "{_CONVERTED}" of the same dataset' if script else ""
    raise DataError(
        f"{where}: task {task.name} needs the splits {' and '.join(task.needed_splits)}, and the {wanted} has "
        f"{splits} in files that end with {', '.join(ENDINGS)}{others}{hint}"
    )


def splits_of(folder: Path, names: Collection[str], configuration: str, task: Task) -> dict[str, OwnSplit]:
    """Return the splits in the chosen files of a snapshot."""
    by_split = _by_split(names, configuration, task)
    return {split: open_split((folder / name for name in files), task) for split, files in by_split.items()}


def _by_split(names: Collection[str], configuration: str, task: Task) -> dict[str, list[str]]:
    """Return the files of a configuration by split; the name of a split is that of the file, or of its folder."""
    found: dict[str, list[str]] = {}
    for name in sorted(names):
        path = PurePosixPath(name)
        folders = list(path.parts[:-1])
        if not is_known(path) or (configuration and configuration not in folders):
            continue
        rest = [folder for folder in folders if folder not in {configuration, *_NEUTRAL}]
        if len(rest) <= 1:
            found.setdefault(split_name(rest[0] if rest else path.stem, task), []).append(name)
    return found
