"""The data source `sample`: synthetic data for each GLUE task, to try things out."""

from pathlib import Path
from typing import TYPE_CHECKING

from pytest_glue.core.errors import DataError
from pytest_glue.core.evaluation import SAMPLE_DESCRIPTION
from pytest_glue.core.tasks import GLUE, Task
from pytest_glue.data import schema

if TYPE_CHECKING:
    from datasets import DatasetDict


class SampleSource:
    """Generates synthetic data; needs no network and no files."""

    description = SAMPLE_DESCRIPTION
    notes: tuple[str, ...] = ()

    def check(self, task: Task) -> None:
        configurations = {glue.configuration for glue in GLUE.values()}
        if task.configuration not in configurations:
            raise DataError(schema.no_task(task, self.description, configurations))

    def identity(self, task: Task) -> str:
        return f"sample {task.configuration}"  # every cache key contains a digest of the code that generates it

    def check_unlabelled(self, task: Task) -> None:
        self.check(task)  # each task has a test split

    def unlabelled_identity(self, task: Task) -> str:
        return self.identity(task)

    def files(self, task: Task) -> dict[str, list[Path]]:  # noqa: ARG002 - the same for every task
        return {}

    def load_unlabelled(self, task: Task) -> "DatasetDict":
        return self.load(task)

    def load(self, task: Task) -> "DatasetDict":
        from pytest_glue.sample.examples import sample_dataset

        self.check(task)
        return sample_dataset(task.configuration)
