"""The sample as a data source: synthetic data in the form of all of GLUE's tasks, for trying things out."""

from typing import TYPE_CHECKING

from pytest_glue.core.errors import DataError
from pytest_glue.core.tasks import GLUE, Task
from pytest_glue.data import schema

if TYPE_CHECKING:
    from datasets import DatasetDict


class SampleSource:
    """Data that the package makes itself: no network, no files."""

    description = "sample (synthetic data)"
    notes = ()

    def check(self, task: Task) -> None:
        """See `DataSource`: there is a sample of GLUE's own tasks only."""
        configurations = {glue.configuration for glue in GLUE.values()}
        if task.configuration not in configurations:
            raise DataError(schema.no_task(task, self.description, configurations))

    def identity(self, task: Task) -> str:
        """See `DataSource`: the code that makes it is a part of every key."""
        return f"sample {task.configuration}"

    def load(self, task: Task) -> "DatasetDict":
        """See `DataSource`."""
        from pytest_glue.sample.examples import sample_dataset

        self.check(task)
        return sample_dataset(task.configuration)
