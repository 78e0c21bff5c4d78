"""The data source of a user's own task: a folder, files for each split, or a dataset on the hub."""

import hashlib
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from pytest_glue.core.errors import DataError
from pytest_glue.core.formatting import printable
from pytest_glue.core.paths import local_path
from pytest_glue.core.task_data import TaskData
from pytest_glue.core.tasks import Task
from pytest_glue.data import schema
from pytest_glue.data.evaluation_part import with_evaluation_part
from pytest_glue.data.fingerprint import digest_of_file, require_file
from pytest_glue.data.hub_files import choose_files, splits_of
from pytest_glue.data.labels import in_order, look_alikes, raw_columns, sets_of_labels, text_of
from pytest_glue.data.saved_to_disk import saved_splits
from pytest_glue.data.split_files import open_split, splits_in_folder
from pytest_glue.data.splits import OwnSplit
from pytest_glue.integrations.hub import Kind, Repository, Snapshot, fetch

if TYPE_CHECKING:
    from datasets import DatasetDict

OwnSplits = Mapping[str, OwnSplit]


class OwnData:
    """A `DataSource` for one task, which also infers the task's labels."""

    def __init__(self, data: TaskData) -> None:
        self._data = data
        self.notes: tuple[str, ...] = ()

    @property
    def description(self) -> str:
        data = self._data
        if data.hub:
            commit = self._repository.commit
            revision = commit[:7] if commit else data.revision
            return (
                f"{data.hub}{f'@{revision}' if revision else ''}{f' ({data.configuration})' * bool(data.configuration)}"
            )
        return printable(data.folder or ", ".join(name for _, names in data.files for name in names))

    @property
    def is_local(self) -> bool:
        """Whether the data can be read without a request."""
        return not self._data.hub

    def check(self, task: Task) -> None:
        """Check files and columns; without a request, those on the hub are not known."""
        if self.is_local:
            schema.check(self._used(task), task, self.description)

    def identity(self, task: Task) -> str:
        """Return a digest of the files that contain the examples, or commit and configuration on the hub."""
        if self._data.hub:
            commit = self._repository.commit or self._fetch(task).commit
            return f"{self._data.hub}@{commit} {self._data.configuration}".rstrip()
        splits = self._used(task)
        return _digest(splits[name] for name in task.needed_splits)

    def check_unlabelled(self, task: Task) -> None:
        if self.is_local:
            schema.require_unlabelled(self._splits(task), task, self.description)

    def unlabelled_identity(self, task: Task) -> str:
        if self._data.hub:
            return self.identity(task)
        splits = self._splits(task)
        schema.require_unlabelled(splits, task, self.description)
        return _digest([splits[task.unlabelled_split]])

    def files(self, task: Task) -> dict[str, list[Path]]:  # noqa: ARG002 - all files of its data
        if self._data.hub:
            return {}
        found: dict[str, list[Path]] = {}
        if self._data.folder:
            root = local_path(self._data.folder)
            found[self._data.folder] = sorted(path for path in root.rglob("*") if path.is_file())
        for _, names in self._data.files:
            for name in names:
                found.setdefault(str(PurePath(name).parent), []).append(_local_file(name))
        return found

    def load(self, task: Task) -> "DatasetDict":
        """Return all splits, with labels in the task's order.

        Raises:
            DataError: as for `check`; a file cannot be read; a value is missing or not one of the task's labels; or a
                class has no example.
        """
        from datasets import DatasetDict

        splits = self._used(task)
        schema.check(splits, task, self.description)
        data = DatasetDict(
            {
                name: schema.conform(split.read(), task, name, str(split.path), split.location)
                for name, split in splits.items()
            }
        )
        if task.evaluation_fraction is not None:
            data = with_evaluation_part(data, task, self.description)
        schema.require_every_label(data, task, self.description)
        return data

    def labels(self, task: Task) -> tuple[str, ...]:
        """Return the task's labels: those that its files name, or else the sorted ones of its training split.

        Without a training split, they are those of the evaluation split.

        Raises:
            DataError: the split or its column is missing, or it has fewer than two labels.
        """
        if task.label_columns:
            return task.label_columns
        name = task.labelled_splits[0]
        split = self._used(task)[name]
        schema.require_columns(split.columns(), task, name, str(split.path))
        files = [(path, path.stat().st_mtime_ns, path.stat().st_size) for path in map(_existing, split.files)]
        assert isinstance(split, Hashable)
        return _labels_of(split, replace(task, data=None), tuple(files))

    def _used(self, task: Task) -> OwnSplits:
        """Return the splits that the task uses; files of others may be in the same folder."""
        splits = self._splits(task)
        schema.require_splits(splits, task, self.description)
        used = {*task.needed_splits, task.unlabelled_split}
        return {name: split for name, split in splits.items() if name in used}

    def _splits(self, task: Task) -> OwnSplits:
        """Return all splits that are there, by name.

        Raises:
            DataError: there is none, or an evaluation split that `evaluation_fraction` would replace.
        """
        try:
            found = self._found(task)
        except OSError as error:
            raise DataError(f"{self.description} cannot be read: {error.strerror or error}") from error
        if task.evaluation_fraction is not None and task.evaluation_split in found:
            raise DataError(
                f"{self.description}: task {task.name} has the split {task.evaluation_split!r}, and "
                f"evaluation_fraction = {task.evaluation_fraction:g} would take it from {task.train_split!r}: leave "
                "one of the two out"
            )
        return found

    def _found(self, task: Task) -> OwnSplits:
        data = self._data
        if data.hub:
            snapshot = self._fetch(task)
            return splits_of(snapshot.folder, snapshot.files, data.configuration, task)
        if data.files:
            return {name: open_split(map(_local_file, names), task) for name, names in data.files}
        folder = local_path(data.folder)
        if not folder.is_dir():
            state = "is a file: name the split of each file, as in data = { train = ... }"
            raise DataError(f"the data folder {data.folder} {state if folder.exists() else 'does not exist'}")
        if found := saved_splits(folder) or splits_in_folder(folder, task):
            return found
        there = ", ".join(sorted(path.name for path in folder.iterdir())[:10]) or "nothing"
        name = task.labelled_splits[0]
        raise DataError(
            f"the data folder {data.folder} has no file such as {name}.csv, {name}.tsv, {name}.jsonl or "
            f"{name}.parquet; there: {there}"
        )

    @property
    def _repository(self) -> Repository:
        return Repository(Kind.DATASET, self._data.hub, self._data.revision or None, option="`data` of the task")

    def _fetch(self, task: Task) -> Snapshot:
        snapshot = fetch(
            self._repository, lambda names: choose_files(names, self._data.configuration, task, self.description)
        )
        self.notes = snapshot.notes
        return snapshot


@lru_cache(maxsize=64)
def _labels_of(split: Any, task: Task, files: tuple[tuple[Path, int, int], ...]) -> tuple[str, ...]:  # noqa: ARG001
    """Return the labels of a training split; read once as long as its files do not change."""
    columns = raw_columns(task)
    names: tuple[str, ...] = split.class_names(task.label_column)
    if names:
        return names
    values = split.values(columns)
    found: list[str]
    if task.is_multi_label:
        sets = sets_of_labels(task, values, split.location)
        found = [name for names_of_one in sets for name in names_of_one or ()]
    else:
        found = [text_of(value) for value in values[task.label_column] if value is not None]
    labels = in_order(found)
    if len(labels) < 2:
        what = f"has only the label {labels[0]!r}" if labels else "has no labels"
        raise DataError(
            f"{split.path}: column {task.label_column!r} of task {task.name} {what}, and a {task.kind} task needs "
            "two or more"
        )
    if alike := look_alikes(labels):
        raise DataError(
            f"{split.path}: column {task.label_column!r} of task {task.name} has the labels {alike[0]!r} and "
            f"{alike[1]!r}, which look the same: correct the data, or declare both in the task's labels"
        )
    return labels


def _digest(splits: Iterable[OwnSplit]) -> str:
    """Return the digest of the files of splits."""
    total = hashlib.sha256()
    for split in splits:
        total.update(f"{type(split).__name__} {len(split.files)}\n".encode())
        for path in split.files:
            total.update(path.suffix.encode() + digest_of_file(path))
    return f"sha256:{total.hexdigest()}"


def _existing(path: Path) -> Path:
    require_file(path)
    return path


def _local_file(name: str) -> Path:
    """Return the local copy of a file that the user named."""
    return local_path(str(PurePath(name).parent)) / PurePath(name).name
