"""The tables of task sizes."""

import os
from pathlib import Path

import pytest

from pytest_glue.core.tasks import GLUE
from pytest_glue.scheduling.size_estimates import GLUE_SIZES, SAMPLE_SIZES

CONFIGURATIONS = {task.configuration: task for task in GLUE.values() if task.name != "mnli-mm"}


def test_each_task_of_glue_has_a_size() -> None:
    """All ten tasks are in both tables."""
    assert CONFIGURATIONS.keys() == GLUE_SIZES.keys() == SAMPLE_SIZES.keys()


@pytest.mark.parametrize("configuration", CONFIGURATIONS)
def test_the_table_agrees_with_the_sample(configuration: str) -> None:
    """The table has the number of training examples that the sample makes."""
    from pytest_glue.sample.examples import sample_dataset

    data, task, size = sample_dataset(configuration), CONFIGURATIONS[configuration], SAMPLE_SIZES[configuration]
    assert len(data[task.train_split]) == size.train


@pytest.mark.parametrize("configuration", CONFIGURATIONS)
def test_the_table_agrees_with_the_real_data(configuration: str) -> None:
    """The table has the number of training examples of the data, and a token is four to five bytes."""
    import pyarrow.parquet as pq

    folder = Path(os.environ.get("GLUE_DATA", "/nowhere")) / configuration
    if not folder.is_dir():
        pytest.skip("the environment variable GLUE_DATA names no folder with this task's data")
    task, size = CONFIGURATIONS[configuration], GLUE_SIZES[configuration]
    train = pq.read_table(next(folder.glob(f"{task.train_split}-*")))
    assert size.train == train.num_rows
    n_bytes = sum(len(text.encode()) for key in task.text_columns for text in train[key].to_pylist())
    assert 3.8 < n_bytes / size.train / (size.tokens - 2) < 5
