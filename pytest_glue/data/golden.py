"""The file with a task's golden examples: texts with the label that every run must predict."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from pytest_glue.core.errors import DataError
from pytest_glue.core.golden import GOLDEN
from pytest_glue.core.paths import local_path
from pytest_glue.core.task_data import TaskData
from pytest_glue.core.tasks import Task
from pytest_glue.data.fingerprint import digest_of_texts, require_file
from pytest_glue.data.schema import conform, require_columns
from pytest_glue.data.split_files import ENDINGS, is_known, open_split

if TYPE_CHECKING:
    from datasets import Dataset


def golden_file(task: Task) -> Path:
    """Return the local path of the file."""
    named = PurePath(task.golden)
    return local_path(str(named.parent)) / named.name


def check_golden(task: Task) -> None:
    """Check at collection that the file exists and has the task's columns.

    Raises:
        DataError: it does not.
    """
    file = golden_file(task)
    if not is_known(file):
        raise DataError(f"the golden examples of task {task.name} are in {file}; accepted: {', '.join(ENDINGS)}")
    require_file(file)
    require_columns(open_split([file], task).columns(), _golden_task(task), GOLDEN, str(file))


@dataclass(frozen=True, eq=False, slots=True)
class GoldenExamples:
    """The golden examples of a file."""

    in_file: "Dataset"
    """With labels in the schema of the task's data."""
    positions: tuple[int, ...]
    """The index in the file of each example, if they are sorted by their texts."""

    @property
    def split(self) -> "Dataset":
        """The examples, sorted by their texts: runs predict the same ones if the lines of the file change places."""
        return self.in_file.select(self.positions, keep_in_memory=True).flatten_indices(keep_in_memory=True)


def read_golden(task: Task) -> GoldenExamples:
    """Return the golden examples of a task.

    Raises:
        DataError: the file cannot be read or is empty, a value is missing, or a label is not one of the task's.
    """
    check_golden(task)
    file = golden_file(task)
    status = file.stat()
    return _read(file, _golden_task(task), (status.st_mtime_ns, status.st_size))


def golden_place(task: Task, index: int) -> str:
    """Return where an example is, as in `golden.csv:3`.

    Raises:
        DataError: the file cannot be read.
    """
    file = golden_file(task)
    return file.name + open_split([file], task).location(index).removeprefix(str(file))


def golden_texts(task: Task, indices: Iterable[int], digest: str) -> dict[int, tuple[str, ...]]:
    """Return the texts of golden examples by index.

    Args:
        task: whose file has them.
        indices: of the examples.
        digest: of the texts of the file that was judged.

    Raises:
        DataError: the file cannot be read, or has other texts.
    """
    split = read_golden(task).in_file
    if digest_of_texts(split, task) != digest:
        raise DataError(f"{task.golden} has other texts than those that were predicted")
    return {index: tuple(str(split[index][column]) for column in task.text_columns) for index in indices}


@lru_cache(maxsize=8)
def _read(file: Path, task: Task, _: tuple[int, int]) -> GoldenExamples:
    """Return the examples of a file, which are read once as long as it does not change."""
    split = open_split([file], task)
    found = conform(split.read(), task, GOLDEN, str(file), split.location).select_columns(list(task.columns))
    texts = list(zip(*(found[column][:] for column in task.text_columns), strict=True))
    return GoldenExamples(found, tuple(sorted(range(len(texts)), key=texts.__getitem__)))


def _golden_task(task: Task) -> Task:
    """Return the task with the file for its data and its only split, which needs labels."""
    data = TaskData(files=((GOLDEN, (task.golden,)),))
    return replace(task, data=data, evaluation_split=GOLDEN, group_column=None, slices=())


def golden_identity(task: Task) -> str:
    """Return a digest of the texts, which runs predict; labels and order can change without a training.

    Raises:
        DataError: as for `read_golden`.
    """
    return digest_of_texts(read_golden(task).split, task)


def require_golden(there: Collection[str], task: Task, where: str) -> None:
    """Check that data which a user's code made has the golden examples.

    Raises:
        DataError: it has not.
    """
    if GOLDEN not in there:
        listed = ", ".join(sorted(there)) or "none"
        raise DataError(
            f"{where}: task {task.name} has golden examples, and there is no split {GOLDEN!r}; there: {listed}. Keep "
            "the split that the plugin's fixture returns"
        )


def golden_examples(data: Mapping[str, "Dataset"], task: Task, where: str) -> "Dataset":
    """Return the golden examples in data which a user's code made.

    Raises:
        DataError: they are missing, or a value of them is.
    """
    require_golden(data, task, where)
    return conform(data[GOLDEN], _golden_task(task), GOLDEN, where)
