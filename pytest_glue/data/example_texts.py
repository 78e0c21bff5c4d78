"""The texts of evaluation examples, read again for a report."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pytest_glue.core.errors import DataError
from pytest_glue.core.tasks import Task
from pytest_glue.data.fingerprint import digest_of_task
from pytest_glue.data.source import limited, source_of


@dataclass(frozen=True, slots=True)
class UsedData:
    """The data that an item was evaluated on."""

    task: Task
    source: str
    """The value of `--glue-data`."""
    max_train_samples: int | None
    max_eval_samples: int | None
    digest: str
    """Of the training and evaluation splits as they were used."""


def example_texts(used: UsedData, indices: Sequence[int]) -> Mapping[int, tuple[str, ...]]:
    """Return the texts of evaluation examples by index.

    Args:
        used: the data of the item.
        indices: of the examples.

    Raises:
        DataError: the data cannot be read, or is not what the item was evaluated on.
        HubError: the hub cannot be reached and the data is not in the cache.
    """
    task = used.task
    data = source_of(task, used.source).load(task)
    data = limited(data, task, used.max_train_samples, used.max_eval_samples)
    if digest_of_task(data, task) != used.digest:
        raise DataError(f"the data of task {task.name} is not what this item was evaluated on")
    split = data[task.evaluation_split]
    return {index: tuple(str(split[index][column]) for column in task.text_columns) for index in indices}
